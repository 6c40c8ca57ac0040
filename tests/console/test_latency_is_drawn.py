"""Latency over time on the pod page: from samples a minute apart, resets left out."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from economics.chart_marks import price_changes
from fleet.models import LatencySample, Pod
from fleet.selectors.latency import latency_series
from fleet.services.housekeeping import tidy
from fleet.services.probing import apply
from fleet.vllm.latency import Histogram
from tests.factories import NOW, make_pod, make_price
from tests.fleet.services.test_a_probe_is_booked import answer, counters

pytestmark = pytest.mark.django_db


def seen(count: int, at: datetime, pod: Pod, *, started: int = 1_773_136_800) -> None:
    """A probe that read `count` requests, each with a first token after 50 ms."""
    ttft = Histogram(count, count * 0.05, {0.04: 0, 0.06: count})
    read = counters(
        process_start_time=Decimal(started),
        latencies={"ttft": ttft},
        generation_tokens=count * 100,
    )
    pod.refresh_from_db()
    apply(pod, answer(at, read), now=at)


@pytest.fixture
def drawn(pod: Pod) -> datetime:
    """Ten requests a minute for five minutes; the newest instant."""
    now = timezone.now()
    for minute in range(6):
        seen(minute * 10, now - timedelta(minutes=5 - minute), pod)
    return now


def series(pod: Pod, now: datetime):
    return latency_series(pod, since=now - timedelta(hours=1), until=now)


def test_a_reading_a_minute_is_kept_and_ten_seconds_later_none():
    pod = make_pod()
    for second in (0, 10, 20, 60, 70):
        seen(second, NOW + timedelta(seconds=second), pod)

    assert [row.at.second for row in LatencySample.objects.all()] == [0, 0]


def test_a_restart_is_a_gap_and_never_a_negative_number():
    pod = make_pod()
    for minute, count, started in ((0, 50, 1), (1, 60, 1), (2, 3, 2), (3, 9, 2)):
        at = NOW + timedelta(minutes=minute)
        seen(count, at, pod, started=1_773_136_800 + started)

    found = series(pod, NOW + timedelta(minutes=4))

    assert [each.latencies["ttft"].count for each in found.points] == [10, 6]
    assert len(found.engine_starts) == 1


def test_a_silence_is_a_gap():
    pod = make_pod()
    seen(10, NOW, pod)
    seen(20, NOW + timedelta(minutes=6), pod)

    assert series(pod, NOW + timedelta(minutes=7)).points == ()


def test_the_figure_says_how_its_percentiles_were_made(
    operator: Client, pod: Pod, drawn: datetime
):
    body = operator.get(reverse("fleet:pod-latency", args=[pod.pk]) + "?hours=1").json()

    assert body["empty"] == ""
    assert "estimated from vLLM's histogram buckets" in body["caption"]
    names = [trace["name"] for trace in body["figure"]["data"]]
    assert "time to first token p95" in names and "completion tokens/s" in names


def test_table_and_csv_hold_the_same_windows(operator: Client, pod: Pod, drawn: datetime):
    page = operator.get(reverse("fleet:pod-latency-table", args=[pod.pk]))
    csv = operator.get(reverse("fleet:pod-latency-csv", args=[pod.pk]))

    assert "50 ms" in page.content.decode()
    lines = csv.content.decode().splitlines()
    assert lines[0].startswith("from_(UTC),to_(UTC),requests,first_token_p50")
    assert ",0.050000," in lines[1]


@pytest.mark.parametrize("hours", ["", "0", "-1", "abc", "999999", "²"])
def test_nonsense_shows_the_usual_window(operator: Client, pod: Pod, hours: str):
    address = reverse("fleet:pod-latency", args=[pod.pk])

    answer = operator.get(address, {"hours": hours})

    assert answer.json()["empty"] == "No engine sample in this time."


def test_an_engine_that_nobody_asks_has_a_sentence_and_no_empty_axes(
    operator: Client, pod: Pod
):
    now = timezone.now()
    for minute in range(4):
        seen(0, now - timedelta(minutes=3 - minute), pod)

    answer = operator.get(reverse("fleet:pod-latency", args=[pod.pk]))

    said = "No request was answered and no token was made in this time."
    assert answer.json()["empty"] == said


def test_price_changes_are_marked_by_those_who_know_them(operator: Client, pod: Pod):
    model = pod.deployment.variant.served_model
    make_price(served_model=model, valid_from=NOW)
    hour = timedelta(hours=1)

    assert price_changes(pod, NOW - hour, NOW + hour) == [(NOW, "token price changed")]
    assert price_changes(pod, NOW + hour, NOW + 2 * hour) == []


def test_samples_go_after_two_weeks(pod: Pod):
    seen(1, NOW, pod)
    tidy(now=NOW + timedelta(days=15))

    assert LatencySample.objects.count() == 0


def test_it_needs_a_login(client: Client, pod: Pod):
    for name in ("pod-latency", "pod-latency-table", "pod-latency-csv"):
        assert client.get(reverse(f"fleet:{name}", args=[pod.pk])).status_code == 302
