from datetime import timedelta

import pytest

from economics.models import UsageCursor, UsageHour
from economics.services import metering
from economics.services.metering import seal_hours, settle_usage
from tests.economics.services.rows import STARTED, at, pod, sample


def counted(of):
    return {
        row.hour_start.hour: (
            row.uncached_prompt_tokens,
            row.cached_prompt_tokens,
            row.completion_tokens,
        )
        for row in UsageHour.objects.filter(pod=of)
    }


def test_increases_of_the_counters_are_counted_by_class_and_hour():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200, requests=3)
    sample(served, at(10, 50), 1500, 700, 260, requests=5)
    sample(served, at(11, 0), 1500, 700, 260, requests=5)
    sample(served, at(11, 10), 1600, 750, 300, requests=6)

    assert settle_usage(at(11, 11)) == 4

    assert counted(served) == {10: (800, 700, 260), 11: (50, 50, 40)}
    assert [row.requests for row in UsageHour.objects.order_by("hour_start")] == [5, 1]


def test_counting_twice_adds_nothing():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)
    settle_usage(at(10, 41))

    assert settle_usage(at(10, 41)) == 0
    assert counted(served) == {10: (600, 400, 200)}


def test_counting_goes_on_where_it_stopped():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)
    settle_usage(at(10, 41))
    sample(served, at(10, 50), 1200, 400, 210)

    settle_usage(at(10, 51))

    assert counted(served) == {10: (800, 400, 210)}


def test_batches_give_the_same_sum_as_one_run(monkeypatch):
    served = pod()
    for n in range(1, 8):
        sample(served, at(10, 40, n), 100 * n, 40 * n, 10 * n)
    monkeypatch.setattr(metering, "BATCH", 3)

    assert settle_usage(at(10, 41)) == 7
    assert counted(served) == {10: (420, 280, 70)}


def test_a_restart_counts_from_zero_and_is_remembered():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)
    sample(served, at(10, 50), 300, 100, 20, started=at(10, 45))

    settle_usage(at(10, 51))

    assert counted(served) == {10: (800, 500, 220)}
    assert UsageCursor.objects.get(pod=served).resets == 1


def test_tokens_between_two_hours_are_split_by_time_and_marked():
    served = pod()
    sample(served, at(10, 45), 0, 0, 0)
    sample(served, at(11, 15), 100, 0, 10)

    settle_usage(at(11, 16))

    assert counted(served) == {10: (50, 0, 5), 11: (50, 0, 5)}
    assert [row.interpolated_tokens for row in UsageHour.objects.all()] == [55, 55]


def test_an_engine_that_does_not_report_cached_tokens_is_marked():
    served = pod()
    sample(served, at(10, 40), 1000, None, 200)

    settle_usage(at(10, 41))

    assert counted(served) == {10: (1000, 0, 200)}
    assert UsageHour.objects.get().cached_unknown


def test_counters_of_unknown_age_are_only_a_base():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200, started=None)
    sample(served, at(10, 50), 1100, 450, 210, started=None)

    settle_usage(at(10, 51))

    assert counted(served) == {10: (50, 50, 10)}


def test_a_sample_from_the_future_waits():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)

    assert settle_usage(at(10, 39)) == 0
    assert counted(served) == {}


def test_an_hour_is_sealed_fifteen_minutes_after_its_end(settings):
    settings.HOUR_SEAL_SECONDS = 900
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)
    settle_usage(at(10, 41))

    assert seal_hours(at(11, 14, 59)) == 0
    assert seal_hours(at(11, 15)) == 1
    assert seal_hours(at(11, 15)) == 0
    assert UsageHour.objects.get().sealed_at == at(11, 15)


def test_a_late_sample_leaves_the_sealed_hour_alone_and_counts_in_the_first_open_one():
    served = pod()
    sample(served, at(10, 40), 1000, 400, 200)
    settle_usage(at(10, 41))
    seal_hours(at(11, 15))
    sample(served, at(10, 50), 1100, 450, 210)

    settle_usage(at(11, 20))

    assert counted(served) == {10: (600, 400, 200), 11: (50, 50, 10)}
    assert UsageHour.objects.get(hour_start=at(11)).late_tokens == 110


def test_pods_are_counted_apart():
    one, other = pod(), pod()
    sample(one, at(10, 40), 10, 0, 1)
    sample(other, at(10, 40), 20, 0, 2)

    settle_usage(at(10, 41))

    assert counted(one) == {10: (10, 0, 1)}
    assert counted(other) == {10: (20, 0, 2)}


@pytest.mark.parametrize("hours", [1, 30])
def test_silence_of_the_probe_loses_no_token(hours):
    served = pod()
    sample(served, at(10, 40), 1000, 0, 200)
    settle_usage(at(10, 41))
    later = at(10, 50) + timedelta(hours=hours)
    sample(served, later, 9000, 3000, 1200)

    settle_usage(later + timedelta(seconds=1))

    totals = [
        row.uncached_prompt_tokens + row.cached_prompt_tokens + row.completion_tokens
        for row in UsageHour.objects.filter(pod=served)
    ]
    assert sum(totals) == 9000 + 1200
    assert min(UsageHour.objects.values_list("hour_start", flat=True)) >= at(STARTED.hour)
