"""A small ClickHouse server for tests: its HTTP protocol, as far as our driver speaks it, over chDB.

No ClickHouse server is to be had from the package registries, and the embedded chDB cannot go away without the product.
This one, in a process of its own, can be killed; its engine, its tables and its deduplication are the real ones.  It
answers one query at a time.

    python -m tests.fault.clickhouse_server PORT FOLDER
"""

from __future__ import annotations

import gzip
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import zstandard

NO_SETTINGS = frozenset({
    "query", "database", "user", "password", "session_id", "session_timeout", "session_check", "query_id", "quota_key",
    "compress", "decompress", "wait_end_of_query", "client_protocol_version", "role", "default_format", "buffer_size",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms", "enable_http_compression",
})  # fmt: skip
CODE = re.compile(r"Code: (\d+)")


class Handler(BaseHTTPRequestHandler):
    """One request: a query in the address or the body, its data behind it, settings and parameters in the address."""

    protocol_version = "HTTP/1.1"
    engine: Any
    turn = threading.Lock()

    def do_GET(self) -> None:
        self._respond(b"")

    def do_POST(self) -> None:
        self._respond(self._body())

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        match self.headers.get("Content-Encoding"):
            case "gzip":
                return gzip.decompress(body)
            case "zstd":
                return zstandard.ZstdDecompressor().decompressobj().decompress(body)
            case _:
                return body

    def _respond(self, body: bytes) -> None:
        told = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if self.path == "/ping" or not (told.get("query") or body):
            return self._answer(200, b"Ok.\n")
        sql = told["query"].encode() + b"\n" + body if "query" in told else body
        settings = {k: v for k, v in told.items() if k not in NO_SETTINGS and not k.startswith("param_")}
        params = {k[6:]: v for k, v in told.items() if k.startswith("param_")}
        try:
            self._answer(200, self._run(sql, settings, params))
        except (RuntimeError, ValueError) as error:
            said = str(error)
            code = CODE.search(said)
            self._answer(500, said.encode(), [("X-ClickHouse-Exception-Code", code[1] if code else "1")])

    def _run(self, sql: bytes, settings: dict[str, str], params: dict[str, str]) -> bytes:
        with self.turn:
            for name, value in settings.items():
                self._set(name, "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'")
            try:
                return bytes(self.engine.query(sql, "TabSeparated", params=params).bytes())
            finally:
                for name in settings:
                    self._set(name, "DEFAULT")

    def _set(self, name: str, value: str) -> None:
        if re.fullmatch(r"\w+", name):
            self.engine.query(f"SET {name} = {value}", "TabSeparated")

    def _answer(self, status: int, body: bytes, more: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Length", str(len(body))),
            ("X-ClickHouse-Timezone", "UTC"),
            *(more or []),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return None


def main() -> None:
    """Serve until killed."""
    import chdb

    Handler.engine = chdb.connect(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
