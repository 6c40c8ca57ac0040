from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from kombu.exceptions import OperationalError

from fleet.models import Pod
from fleet.views.doorbell import ring
from tests.plan_sheet import do


class SilentTask:
    """A task whose broker is gone."""

    def delay(self) -> Any:
        raise OperationalError("connection refused")


def test_a_bell_that_can_not_ring_is_logged_and_the_page_goes_on(
    db: None,
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        ring(SilentTask())  # type: ignore[arg-type]

    assert "connection refused" in caplog.text


def test_a_stop_rings_only_after_the_commit(
    operator: Client,
    pod: Pod,
    catalog: None,
    play_money: None,
    django_capture_on_commit_callbacks: Any,
):
    with django_capture_on_commit_callbacks() as bells:
        do(operator, "terminate", pod=pod.name)

    assert len(bells) == 1
