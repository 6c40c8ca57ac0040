from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from fleet.models import Pod
from fleet.views.doorbell import ring


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
    operator: Client, pod: Pod, catalog: None, django_capture_on_commit_callbacks: Any
):
    with django_capture_on_commit_callbacks() as bells:
        operator.post(reverse("fleet:pod-terminate", args=[pod.pk]))

    assert len(bells) == 1
