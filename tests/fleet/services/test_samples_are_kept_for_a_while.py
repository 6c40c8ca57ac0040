from datetime import timedelta

import pytest

from economics.models import UsageHour
from economics.services.counting import count_usage
from fleet.models import EngineSample
from fleet.services import housekeeping
from fleet.services.sample_keeping import thin_samples
from tests.clock import NOON
from tests.factories import make_pod, make_sample

pytestmark = pytest.mark.django_db
STARTED = NOON - timedelta(hours=1)
LATER = NOON + timedelta(days=3)


def fill(minutes=3, *, started=STARTED, **columns):
    """A sample every ten seconds from noon on, a token more in each."""
    pod = make_pod(requested_at=STARTED - timedelta(minutes=1))
    for n in range(minutes * 6):
        make_sample(
            pod,
            at=NOON + timedelta(seconds=10 * n),
            process_started_at=started,
            completion_tokens=n,
            **columns,
        )
    return pod


def kept(pod):
    ats = EngineSample.objects.filter(pod=pod).order_by("at").values_list("at", flat=True)
    return [int((at - NOON).total_seconds()) for at in ats]


def test_after_two_days_one_sample_a_minute_and_the_first_and_last_are_left():
    pod = fill()
    count_usage(LATER)

    assert thin_samples(now=LATER) == 14
    assert kept(pod) == [0, 50, 110, 170]


def test_thinning_twice_takes_no_more():
    fill()
    count_usage(LATER)
    thin_samples(now=LATER)

    assert thin_samples(now=LATER) == 0


def test_younger_samples_stay():
    fill()
    count_usage(NOON + timedelta(days=1))

    assert thin_samples(now=NOON + timedelta(days=1)) == 0


def test_samples_that_wait_to_be_counted_are_neither_thinned_nor_deleted():
    pod = fill()
    counted = fill()
    count_usage(NOON + timedelta(seconds=30))

    for days in (3, 30):
        now = NOON + timedelta(days=days)
        thin_samples(now=now)
        housekeeping.tidy(now=now)

    assert len(kept(pod)) == len(kept(counted)) >= 14
    count_usage(LATER)
    totals = UsageHour.objects.values_list("completion_tokens", flat=True)
    assert sum(totals) == 34


def test_each_server_keeps_its_first_and_last_sample():
    pod = fill(minutes=1)
    for n in range(3):
        make_sample(
            pod,
            at=NOON + timedelta(seconds=25 + n),
            process_started_at=NOON + timedelta(seconds=20),
            completion_tokens=n,
        )
    EngineSample.objects.filter(pod=pod, at__gt=NOON + timedelta(seconds=28)).delete()
    count_usage(LATER)

    thin_samples(now=LATER)

    assert kept(pod) == [0, 20, 25, 27]


def test_while_requests_wait_every_sample_stays():
    pod = fill(requests_waiting=4)
    count_usage(LATER)

    assert thin_samples(now=LATER) == 0
    assert len(kept(pod)) == 18


def test_after_two_weeks_all_are_gone_and_their_tokens_are_not():
    pod = fill()
    count_usage(LATER)

    housekeeping.tidy(now=NOON + timedelta(days=15))

    assert kept(pod) == []
    assert sum(UsageHour.objects.values_list("completion_tokens", flat=True)) == 17


def test_counting_after_thinning_adds_nothing():
    fill()
    count_usage(LATER)
    before = list(UsageHour.objects.values_list("completion_tokens", flat=True))
    thin_samples(now=LATER)

    count_usage(LATER + timedelta(minutes=1))

    assert list(UsageHour.objects.values_list("completion_tokens", flat=True)) == before
