"""A web server on loopback that answers from a script and keeps what it was asked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "runpod"


@dataclass
class Answer:
    """One answer. `stay_open` holds the connection after the body until the test ends;
    `hang_up` closes it before any answer; `trickle` sends the body byte by byte."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stay_open: bool = False
    hang_up: bool = False
    trickle: bool = False


@dataclass
class Asked:
    """One request that came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ScriptedServer:
    """Answers in the order of `will_answer`; a request beyond the script gets a 599."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.over = Event()
        self._script: deque[Answer] = deque()

    def will_answer(self, *answers: Answer) -> None:
        self._script.extend(answers)

    def will_play(self, *recordings: str) -> None:
        self.will_answer(*(recorded(name) for name in recordings))

    def next_answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self._script.popleft() if self._script else Answer(599, b"beyond the script")


def recording(name: str) -> dict[str, Any]:
    """A recording as it lies in the file, numbers as JSON gives them."""
    loaded: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
    return loaded


def recorded(name: str) -> Answer:
    """The answer of a recording, its body letter by letter: an amount that went through
    a float on the way would hide what the adapter does with its digits."""
    text = (RECORDINGS / f"{name}.json").read_text()
    whole = recording(name)
    body = text[text.index('"body":') + len('"body":') : text.rindex("}")]
    return Answer(whole["status"], body.strip().encode(), whole["headers"])


@contextmanager
def scripted_server() -> Iterator[ScriptedServer]:
    """A running server, closed at the end."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

        def answer(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            parts = urlsplit(self.path)
            asked = Asked(
                self.command,
                parts.path,
                parse_qs(parts.query),
                dict(self.headers),
                self.rfile.read(size),
            )
            reply = server.next_answer(asked)
            if reply.hang_up:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.stay_open:
                self.send_header("Connection", "close")
            elif "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.send_body(reply)

        def send_body(self, reply: Answer) -> None:
            try:
                if reply.trickle:
                    for byte in reply.body:
                        self.wfile.write(bytes([byte]))
                        self.wfile.flush()
                        if server.over.wait(0.05):
                            return
                else:
                    self.wfile.write(reply.body)
                    self.wfile.flush()
                if reply.stay_open:
                    server.over.wait(20)
                    self.close_connection = True
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had enough

        do_GET = do_POST = do_PATCH = do_DELETE = answer

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ScriptedServer(f"http://127.0.0.1:{http.server_address[1]}")
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        http.shutdown()
        http.server_close()
        thread.join(5)
