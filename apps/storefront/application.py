"""The demo shop: one page that counts its visits in the database and says which host answered."""

import html
import os
import socket

import psycopg2

TABLE = "CREATE TABLE IF NOT EXISTS visits (at timestamptz NOT NULL DEFAULT now(), host text NOT NULL)"


def visits(host):
    """Record one visit and return how many there have been."""
    with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=3) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        cursor.execute(TABLE)
        cursor.execute("INSERT INTO visits (host) VALUES (%s)", (host,))
        cursor.execute("SELECT count(*) FROM visits")
        return cursor.fetchone()[0]


def application(environ, start_response):
    """Answer /healthz without the database, and everything else with it."""
    host = socket.gethostname()
    if environ["PATH_INFO"] == "/healthz":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]
    try:
        count = visits(host)
    except psycopg2.Error as error:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "1")])
        return [f"The database does not answer: {error}\n".encode()]
    greeting = html.escape(os.environ.get("GREETING", "Hello"))
    page = f"<h1>{greeting}</h1>\n<p>Visit {count}, answered by {html.escape(host)}.</p>\n"
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [page.encode()]
