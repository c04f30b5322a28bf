<%@ page contentType="text/plain; charset=UTF-8" import="java.io.*, java.net.Socket, java.sql.*" %><%
Class.forName("org.mariadb.jdbc.Driver");
String url = System.getenv("JDBC_DATABASE_URL");
try (Connection database = DriverManager.getConnection(url, System.getenv("DATABASE_USER"), System.getenv("DATABASE_PASSWORD"));
     Statement statement = database.createStatement()) {
    statement.execute("CREATE TABLE IF NOT EXISTS visits (moment TIMESTAMP DEFAULT CURRENT_TIMESTAMP)");
    statement.execute("INSERT INTO visits VALUES ()");
    try (ResultSet found = statement.executeQuery("SELECT COUNT(*) FROM visits")) {
        found.next();
        out.print("Hello from Java, visit " + found.getInt(1));
    }
}
String[] cache = System.getenv("MEMCACHED_SERVERS").split(",")[0].split(":");
try (Socket connection = new Socket(cache[0], Integer.parseInt(cache[1]))) {
    connection.getOutputStream().write("version\r\n".getBytes());
    out.println(", memcached " + new BufferedReader(new InputStreamReader(connection.getInputStream())).readLine());
}
%>
