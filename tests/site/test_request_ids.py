import re
import sys

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from kombu import Connection

from kerne_site import logs
from kerne_site.celery import app, transport_options
from kerne_site.processes import Child, Command
from tests.site.settings_reader import ROOT, bare_environment

ID = "click-4711"


def answer_to(**headers: str) -> tuple[HttpResponse, str]:
    """The response, and the id that the view saw."""
    seen: list[str] = []

    def view(request):
        seen.append(logs.current_request_id())
        return HttpResponse()

    request = RequestFactory().get("/", headers=headers)
    return logs.RequestIdMiddleware(view)(request), seen[0]


def test_a_given_id_is_used_and_answered():
    response, seen = answer_to(**{"X-Request-ID": ID})

    assert seen == ID
    assert response["X-Request-ID"] == ID


@pytest.mark.parametrize("foreign", ["", "two\nlines", "x" * 65, "<b>"])
def test_an_id_that_could_forge_a_line_is_replaced(foreign):
    response, seen = answer_to(**{"X-Request-ID": foreign})

    assert seen == response["X-Request-ID"] != foreign
    assert re.fullmatch("[0-9a-f]{16}", seen)


def test_the_id_is_forgotten_after_the_request():
    answer_to()

    assert logs.current_request_id() == logs.NO_REQUEST


@pytest.mark.slow
def test_the_id_of_a_click_stands_in_the_lines_of_the_task_it_rang(
    redis_url, var, tmp_path
):
    broker = redis_url.replace("unix://", "redis+socket://").replace(
        "?db=", "?virtual_host="
    )
    ready = tmp_path / "ready"
    worker = Child(
        Command(
            name="worker",
            argv=[
                *(sys.executable, "-m", "celery", "--app", "kerne_site.celery", "worker"),
                *("--queues", "control", "--concurrency", "1"),
                *("--without-gossip", "--without-mingle"),
            ],
            log=tmp_path / "worker.log",
            env=bare_environment(
                var,
                KERNE_READY_FILE=str(ready),
                PYTHONPATH=str(ROOT),
                REMAP_SIGTERM="SIGQUIT",
            ),
        )
    )
    try:
        worker.wait_until(ready.exists, seconds=30)
        logs.set_request_id(ID)
        with Connection(broker, transport_options=transport_options(broker)) as connection:
            # Fails at once, by its missing arguments, and its failure is logged.
            app.send_task("celery.map", connection=connection, queue="control")
        logs.clear_request_id()
        worker.wait_until(lambda: f"[{ID}]" in worker.command.log.read_text(), seconds=20)
    finally:
        logs.clear_request_id()
        worker.stop()

    assert "ERROR celery.app.trace" in worker.command.log.read_text()
