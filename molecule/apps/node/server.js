const http = require("node:http");
const net = require("node:net");

const greeting = require("./greeting.js");

// Ask the stack's Redis, in its own protocol, how often this page was seen.
function visits(answer) {
  const { REDIS_HOST, REDIS_PORT, REDIS_PASSWORD } = process.env;
  const connection = net.connect(REDIS_PORT, REDIS_HOST, () => {
    connection.end(`AUTH ${REDIS_PASSWORD}\r\nINCR visits\r\nQUIT\r\n`);
  });
  let said = "";
  connection.on("data", (data) => { said += data; });
  connection.on("error", (error) => answer(`no Redis: ${error.code}`));
  connection.on("end", () => answer(`visit ${(said.match(/:(\d+)/) || [])[1]}`));
}

http
  .createServer((request, response) => {
    if (request.url === "/healthz") {
      response.end("ok\n");
      return;
    }
    visits((line) => response.end(`${greeting()}, ${line}, by ${request.headers["x-forwarded-proto"] || "http"}\n`));
  })
  .listen(process.env.PORT);
