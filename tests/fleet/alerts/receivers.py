"""Real receivers on loopback: a web server, and a mail server that speaks enough SMTP."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hook:
    """A web server that keeps what it got and answers with `status`."""

    status: int = 200
    location: str = ""
    hold: threading.Event | None = None
    got: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0


@contextmanager
def web_hook(**columns: object) -> Iterator[Hook]:
    """A web server on a free port of this machine."""
    hook = Hook(**columns)  # type: ignore[arg-type]

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hook.got.append((self.path, body))
            if hook.hold is not None:
                hook.hold.wait(10)
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.port = server.server_address[1]
    with _serving(server.serve_forever, server):
        yield hook


@dataclass
class MailBox:
    got: list[str] = field(default_factory=list)
    port: int = 0


@contextmanager
def mail_server() -> Iterator[MailBox]:
    """A mail server on a free port of this machine; it takes every message."""
    box = MailBox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            for line in iter(self.rfile.readline, b""):
                word = line.decode().strip().upper()
                if word == "DATA":
                    self.say("354 go on")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.got.append(text.decode())
                elif word == "QUIT":
                    self.say("221 bye")
                    return
                self.say("250 ok")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box.port = server.server_address[1]
    with _serving(server.serve_forever, server):
        yield box


@contextmanager
def _serving(
    serve: Callable[[float], None], server: socketserver.BaseServer
) -> Iterator[None]:
    thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
