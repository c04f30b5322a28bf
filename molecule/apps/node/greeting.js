module.exports = () => "Hello from Node.js";
