"""The jobs page pauses what may wait, says until when and by whom, and takes it back."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from celery import signals
from celery.app.task import Context
from django.test import Client
from django.utils import timezone

from fleet.models import JobPause
from fleet.services.job_pauses import pause_job
from fleet.services.roles import Role
from tests.factories import make_user

JOBS, TASK = "/jobs/", "fleet.tasks.housekeeping"
PAUSE, RESUME = f"/jobs/{TASK}/pause/", f"/jobs/{TASK}/resume/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def paused(db: None) -> datetime:
    """The end of a pause that runs."""
    now = timezone.now()
    until = now.replace(microsecond=0) + timedelta(hours=4)
    pause_job("housekeeping", until=until, acting_user="grace", now=now)
    return until


def sent(client: Client, address: str, **fields: str) -> str:
    page = client.post(address, fields, follow=True).content.decode()
    return " ".join(html.unescape(page).split())


def undo(client: Client, page: str) -> None:
    """Press Undo of the message that the page shows."""
    found = re.search(r'hx-post="([^"]+)" hx-vals="(\{.*?\})" hx-swap', page)
    assert found, page
    values = json.loads(found[2])
    answer = client.post(found[1], values, headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"


def test_a_paused_job_says_until_when_and_by_whom_beside_its_shape(
    operator: Client, paused: datetime
):
    page = " ".join(operator.get(JOBS).content.decode().split())

    assert 'class="status status-stopped"' in page and "paused</span> until" in page
    assert f"{paused:%Y-%m-%d %H:%M}" in page and "by grace" in page
    assert "Resume housekeeping now" in page


@pytest.mark.parametrize(("asked", "hours"), [("1h", 1), ("4h", 4)])
def test_a_job_is_paused_for_hours(operator: Client, asked: str, hours: int):
    page = sent(operator, PAUSE, **{"for": asked})

    row = JobPause.objects.get()
    assert row.until - row.paused_at == timedelta(hours=hours)
    assert "housekeeping is paused until" in page


def test_a_job_is_paused_until_tomorrow_in_utc(operator: Client):
    sent(operator, PAUSE, **{"for": "tomorrow"})

    row = JobPause.objects.get()
    tomorrow = row.paused_at.astimezone(UTC).date() + timedelta(days=1)
    assert row.until == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC)


def test_a_job_is_paused_until_the_time_that_is_typed(operator: Client):
    until = (timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)

    sent(operator, PAUSE, **{"for": "until", "until": f"{until:%Y-%m-%d %H:%M}"})

    assert JobPause.objects.get().until == until


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "For is ''; choose one of 1h, 4h, tomorrow, until."),
        ({"for": "until"}, "Until is empty; write a time within 7 days"),
        ({"for": "until", "until": "soon"}, "Until is 'soon'; write a time within 7 days"),
        ({"for": "until", "until": "2020-01-01 00:00"}, "Until is 2020-01-01 00:00 UTC;"),
        ({"for": "until", "until": "2999-01-01 00:00"}, "within the next 7 days"),
    ],
)
def test_nonsense_gets_its_sentence_and_pauses_nothing(
    operator: Client, fields: dict[str, str], sentence: str
):
    assert sentence in sent(operator, PAUSE, **fields)
    assert not JobPause.objects.exists()


def test_a_pause_is_taken_back_by_its_undo(operator: Client):
    undo(operator, sent(operator, PAUSE, **{"for": "1h"}))

    assert JobPause.objects.get().until <= timezone.now()


def test_resume_now_ends_it_and_its_undo_brings_the_same_end_back(
    operator: Client, paused: datetime
):
    page = sent(operator, RESUME)
    assert "housekeeping runs by its schedule again." in page
    assert JobPause.objects.get().until < paused

    undo(operator, page)

    assert JobPause.objects.get().until == paused


def test_run_now_on_a_paused_job_works_and_says_that_it_stays_paused(
    operator: Client, paused: datetime
):
    told: list[dict] = []

    def note(headers: dict, **_: object) -> None:
        told.append(headers)

    signals.before_task_publish.connect(note)
    try:
        page = sent(operator, f"/jobs/{TASK}/run/")
    finally:
        signals.before_task_publish.disconnect(note)

    assert "was asked to run" in page and "By itself it stays paused until" in page
    assert Context(told[0]).by_hand is True


def test_a_job_that_money_rests_on_says_why_it_can_not_be_paused(operator: Client):
    page = " ".join(operator.get(JOBS).content.decode().split())

    assert "reconcile can not be paused: it ends what must end" in page
    assert 'title="Can not be paused: it ends what must end' in page


def test_a_job_that_money_rests_on_is_not_paused_by_a_forged_form(operator: Client):
    page = sent(operator, "/jobs/fleet.tasks.reconcile/pause/", **{"for": "1h"})

    assert "reconcile can not be paused" in page and "Nothing was changed." in page
    assert not JobPause.objects.exists()


def test_what_is_not_in_the_schedule_is_not_found(operator: Client):
    for deed in ("pause", "resume"):
        assert operator.post(f"/jobs/os.system/{deed}/").status_code == 404


def test_a_viewer_pauses_nothing(client: Client):
    client.force_login(make_user("vera", role=Role.VIEWER))

    assert client.post(PAUSE, {"for": "1h"}).status_code == 403
    assert not JobPause.objects.exists()
