"""The log under uvicorn, as in life: lines arrive in the page while it is open."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from pytest_django import Settings

from fleet.models import Pod
from tests.browser.screen import ScreenMaker
from tests.fleet.providers.scripted_server import RECORDINGS, Answer, scripted_server

STREAM = (RECORDINGS / "logs.sse").read_bytes()


@pytest.fixture
def asgi(live_server: object) -> Iterator[str]:
    """The console under uvicorn, on the host of the live server, whose cookies it takes."""
    from kerne_site.asgi import application

    config = uvicorn.Config(
        application, host="localhost", port=0, log_level="error", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    pause = threading.Event()
    while not server.started:
        pause.wait(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://localhost:{port}"
    server.should_exit = server.force_exit = True
    thread.join(10)


def test_lines_arrive_are_searched_and_hold_no_key(
    screen: ScreenMaker, lively_fleet: Pod, asgi: str, settings: Settings
):
    key = lively_fleet.api_key
    line = f'data: {{"source": "container", "line": "key {key} <b>"}}\n\n'.encode()
    with scripted_server() as provider:
        provider.will_answer(Answer(body=STREAM + line, stay_open=True))
        settings.RUNPOD_API_URL = provider.url
        view = screen()
        view.base = asgi
        page = view.open(f"/fleet/pods/{lively_fleet.pk}/")

        page.get_by_text("Model loading took 14.9888 GiB").wait_for()
        page.locator("#log-mode", has_text="live").wait_for()
        log = page.inner_text("#log")
        assert "key *** <b>" in log and key not in log

        page.fill("#log-filter", "model loading")
        page.locator("#log-count", has_text="1 line with").wait_for()
        page.goto("about:blank")
    assert view.errors == []


def test_without_a_stream_the_tail_is_read_as_before(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open(f"/fleet/pods/{lively_fleet.pk}/")

    page.locator("#log-mode", has_text="not live").wait_for()
    page.get_by_text("The provider gave no log; it is asked again").wait_for()
