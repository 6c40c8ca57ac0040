"""Conservation: what is booked is what the counters told, in whatever order they came."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from economics.models import DailyProfit, RevenueLine, UsageEstimate, UsageHour
from economics.services.close import close_day
from economics.services.counting import count_usage
from economics.services.metering import seal_hours
from economics.services.revenue import post_revenue
from fleet.models import EngineSample, Pod
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, STARTED, pod, price

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
SECOND = timedelta(seconds=1)
HALF = Decimal("0.0000005")  # USD: what a carry is at most


@dataclass(frozen=True)
class Reading:
    """Counters of a server when it was read, and when the reading reaches the console."""

    at: datetime
    server: datetime
    counts: tuple[int, int, int]
    arrives_at: datetime


@dataclass(frozen=True)
class Story:
    """A pod's life. `served` is what its servers truly served, by class."""

    readings: list[Reading]
    served: tuple[int, int, int]
    crashes: list[int]

    @property
    def told(self) -> tuple[int, ...]:
        """The sum over servers of their highest counters that arrived."""
        newest: defaultdict[datetime, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        for read in self.readings:
            newest[read.server] = max(newest[read.server], read.counts)
        return tuple(map(sum, zip(*newest.values(), strict=True))) or (0, 0, 0)


steps = st.lists(
    st.tuples(
        *[st.integers(0, 5_000)] * 3,
        st.integers(1, 900),  # seconds until the next step
        st.booleans(),  # read now, or a gap
        st.integers(0, 1_500),  # seconds that the reading is on its way
        st.sampled_from(["goes on"] * 5 + ["restarts"]),
    ),
    min_size=1,
    max_size=14,
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    at = server = STARTED + 60 * SECOND
    counts, served = (0, 0, 0), (0, 0, 0)
    readings: list[Reading] = []
    for *more, seconds, is_read, delay, then in draw(steps):
        at += seconds * SECOND
        counts = tuple(map(sum, zip(counts, more, strict=True)))
        served = tuple(map(sum, zip(served, more, strict=True)))
        if is_read:
            readings.append(Reading(at, server, counts, at + delay * SECOND))
        if then == "restarts":  # what was not read is lost with the server
            at += 20 * SECOND
            server, counts = at, (0, 0, 0)
    again = draw(st.lists(st.sampled_from(readings), max_size=4)) if readings else []
    crashes = draw(st.lists(st.integers(0, 20), max_size=3))
    return Story([*readings, *again], served, crashes)


class Crash(Exception):
    """The worker died: nothing of its transaction stays."""


def live(story: Story, served: Pod) -> None:
    """Let the readings arrive one after the other, and count after each."""
    order = sorted(story.readings, key=lambda read: (read.arrives_at, read.at))
    for n, read in enumerate(order):
        uncached, cached, completion = read.counts
        EngineSample.objects.bulk_create(
            [
                EngineSample(
                    pod=served,
                    at=read.at,
                    process_started_at=read.server,
                    prompt_tokens=uncached + cached,
                    cached_prompt_tokens=cached,
                    completion_tokens=completion,
                    requests_finished=0,
                    requests_running=0,
                    requests_waiting=0,
                )
            ],
            ignore_conflicts=True,
        )
        if n in story.crashes:
            with pytest.raises(Crash), transaction.atomic():
                count_usage(read.arrives_at)
                raise Crash
        count_usage(read.arrives_at)
        seal_hours(read.arrives_at)
        post_revenue(read.arrives_at)


def booked() -> tuple[int, ...]:
    rows = UsageHour.objects.values_list(*(f"{name}_tokens" for name in CLASSES))
    return tuple(sum(column) for column in zip((0, 0, 0), *rows, strict=True))


def overlaps() -> bool:
    """Whether two estimates that stand tell of the same second of a pod."""
    rows = UsageEstimate.objects.filter(superseded_at__isnull=True).order_by("from_at")
    return any(after.from_at < before.to_at for before, after in pairwise(rows))


RULES = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=25, **RULES)
@given(story=stories())
def test_tokens_booked_are_the_tokens_told_whatever_the_order(story: Story):
    with transaction.atomic():
        live(story, pod())

        assert booked() == story.told
        assert all(
            served >= told for served, told in zip(story.served, story.told, strict=True)
        )
        assert not overlaps()
        transaction.set_rollback(True)


@settings(max_examples=12, **RULES)
@given(story=stories())
def test_every_token_earns_once_and_the_day_closes_to_the_sum_of_its_lines(story: Story):
    with transaction.atomic():
        served = pod()
        tariff = price(served)
        live(story, served)

        close_day(DAY, NEXT_MIDNIGHT + timedelta(hours=1))

        lines = list(RevenueLine.objects.all())
        for name, told in zip(CLASSES, story.told, strict=True):
            own = [line for line in lines if line.token_class == name]
            exact = told * getattr(tariff, f"{name}_usd_per_token")
            assert sum(line.tokens for line in own) == told
            assert abs(sum(line.amount_usd for line in own) - exact) <= HALF
        total = DailyProfit.objects.get(scope="all")
        assert total.revenue_usd == sum(line.amount_usd for line in lines)
        transaction.set_rollback(True)
