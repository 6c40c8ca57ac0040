"""An hour that was never counted is told, and counts as none or as a mean."""

from datetime import UTC, datetime, timedelta

import pytest

from economics.calc.unknown import Unknown
from economics.models import UsageHour
from economics.selectors.schedules.demand import HourlyDemand, own_demand
from tests.factories import make_deployment, make_fleet, make_llama, make_pod

pytestmark = pytest.mark.django_db
LLAMA = "llama-3.1-8b"
START = datetime(2026, 11, 16, tzinfo=UTC)  # a Monday


@pytest.fixture
def pod():
    variant = make_llama()
    return make_pod(deployment=make_deployment(variant=variant, fleet=make_fleet()))


def count(pod, at: datetime, tokens: int) -> None:
    UsageHour.objects.create(
        pod=pod, hour_start=at, completion_tokens=tokens, requests=1, sealed_at=START
    )


def planned(*, with_means: bool, hours: int = 24) -> HourlyDemand:
    found = own_demand(
        LLAMA, start=START, hours=hours, simulated=False, with_means=with_means
    )
    assert not isinstance(found, Unknown)
    return found


def test_they_count_as_no_demand_and_their_number_is_told(pod):
    count(pod, START - timedelta(hours=1), 100)

    found = planned(with_means=False)

    assert [each.completion for each in found.tokens] == [0] * 23 + [100]
    assert found.unknown_hours == 23
    assert found.note == "Unknown hours: 23 of 24; they count as no demand."


def test_asked_for_they_count_as_the_mean_of_all_counted_hours(pod):
    count(pod, START - timedelta(hours=1), 100)
    count(pod, START - timedelta(hours=25), 300)

    found = planned(with_means=True)

    assert [each.completion for each in found.tokens] == [200] * 24
    assert found.unknown_hours == 23


def test_the_same_hour_of_the_week_stands_in_where_an_older_week_has_it(pod):
    count(pod, START - timedelta(hours=1), 100)
    count(pod, START - timedelta(weeks=3), 900)  # a Monday at 00:00

    found = planned(with_means=True)

    assert found.tokens[0].completion == 900
    assert found.tokens[1].completion == 100


def test_a_week_repeats_the_unknown_hours_of_the_day(pod):
    count(pod, START - timedelta(hours=1), 100)

    assert planned(with_means=False, hours=168).unknown_hours == 7 * 23
