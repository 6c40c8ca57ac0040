"""Over a real connection to a local server: what the hub may answer, and what we say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fleet.hub.model_config import (
    MOST_BYTES,
    ConfigUnusable,
    HubUnreachable,
    ModelNotPublic,
    fetch_config,
)

LLAMA = {"model_type": "llama", "num_hidden_layers": 32}


@contextmanager
def hub(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                asked.append("hung up")

        def log_message(self, *parts: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_the_file_of_the_main_branch_is_asked_for():
    with hub(200, json.dumps(LLAMA).encode()) as (address, asked):
        found = fetch_config("meta-llama/Llama-3.1-8B", base_url=address)

    assert found == LLAMA
    assert asked == ["/meta-llama/Llama-3.1-8B/resolve/main/config.json"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_is_not_public_is_said_with_its_way_out(status: int):
    with hub(status, b"") as (address, _), pytest.raises(ModelNotPublic) as refused:
        fetch_config("zai-org/secret", base_url=address)

    assert f"no public config.json of zai-org/secret (HTTP {status})" in str(refused.value)
    assert "upload the file" in str(refused.value)


def test_a_hub_in_trouble_is_worth_another_try():
    with hub(503, b"") as (address, _), pytest.raises(HubUnreachable, match="try again"):
        fetch_config("a/b", base_url=address)


def test_without_a_network_the_sentence_tells_of_the_upload():
    with hub(200, b"") as (address, _):
        pass  # the port is closed now

    with pytest.raises(HubUnreachable, match="upload the model's config.json"):
        fetch_config("a/b", base_url=address)


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_configuration_is_refused(body: bytes):
    with hub(200, body) as (address, _), pytest.raises(ConfigUnusable, match="not a JSON"):
        fetch_config("a/b", base_url=address)


def test_an_endless_answer_is_cut():
    endless = b" " * (MOST_BYTES + 1)
    with hub(200, endless) as (address, _), pytest.raises(ConfigUnusable, match="larger"):
        fetch_config("a/b", base_url=address)


@pytest.mark.parametrize(
    "name", ["", "llama", "../../etc/passwd", "a/b/c", "a/..", "a/b?c"]
)
def test_a_name_that_is_none_is_never_sent(name: str):
    with (
        hub(200, b"{}") as (address, asked),
        pytest.raises(ConfigUnusable, match="use own"),
    ):
        fetch_config(name, base_url=address)

    assert asked == []
