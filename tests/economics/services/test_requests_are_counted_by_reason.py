from economics.calc.counters import RequestCounts
from economics.models import UsageHour
from economics.selectors.usage_hours import deployment_hours, requests_of
from economics.services.metering import settle_usage
from tests.economics.services.rows import at, pod, sample


def ended(stop, length, aborted, failed, *, other=0):
    """Columns of a reading: finished requests by their reason."""
    return {
        "requests": stop + length + aborted + failed + other,
        "requests_stop": stop,
        "requests_length": length,
        "requests_aborted": aborted,
        "requests_failed": failed,
    }


def requests(**columns):
    return [requests_of(hour) for hour in UsageHour.objects.filter(**columns)]


def test_failed_and_aborted_requests_stand_apart():
    served = pod()
    sample(served, at(10, 40), 10, 0, 1, **ended(5, 3, 2, 1, other=1))
    sample(served, at(10, 50), 20, 0, 2, **ended(9, 3, 4, 1, other=1))

    settle_usage(at(10, 51))

    (hour,) = requests(pod=served)
    assert hour == RequestCounts(stop=9, length=3, aborted=4, failed=1, other=1)
    assert UsageHour.objects.get().requests == 18


def test_an_engine_that_tells_no_reasons_leaves_them_unknown_and_not_zero():
    served = pod()
    sample(served, at(10, 40), 10, 0, 1, requests=7)

    settle_usage(at(10, 41))

    assert requests() == [RequestCounts(unknown=7)]


def test_an_engine_that_begins_to_tell_reasons_is_believed_from_then_on():
    served = pod()
    sample(served, at(10, 40), 10, 0, 1, requests=7)
    sample(served, at(10, 41), 10, 0, 1, **ended(7, 0, 0, 0))
    sample(served, at(10, 42), 10, 0, 1, **ended(8, 0, 0, 1))

    settle_usage(at(10, 43))

    assert requests() == [RequestCounts(stop=1, failed=1, unknown=7)]


def test_after_a_restart_reasons_count_from_zero():
    served = pod()
    sample(served, at(10, 40), 10, 0, 1, **ended(5, 0, 0, 0))
    sample(served, at(10, 50), 5, 0, 1, started=at(10, 45), **ended(0, 2, 0, 1))

    settle_usage(at(10, 51))

    assert requests() == [RequestCounts(stop=5, length=2, failed=1)]


def test_the_cursor_keeps_the_reasons_between_two_runs():
    served = pod()
    sample(served, at(10, 40), 10, 0, 1, **ended(5, 0, 0, 0))
    settle_usage(at(10, 41))
    sample(served, at(10, 50), 10, 0, 1, **ended(6, 0, 3, 0))

    settle_usage(at(10, 51))

    assert requests() == [RequestCounts(stop=6, aborted=3)]


def test_the_requests_of_an_hour_are_always_the_sum_of_their_reasons():
    served = pod()
    sample(served, at(10, 45), 0, 0, 0, **ended(0, 0, 0, 0))
    sample(served, at(11, 20), 10, 0, 1, **ended(5, 3, 7, 1))

    settle_usage(at(11, 21))

    for hour in UsageHour.objects.all():
        assert hour.requests == sum(requests_of(hour))
    assert sum(sum(hour) for hour in requests()) == 16


def test_a_deployment_adds_up_its_pods_hour_by_hour():
    one = pod()
    other = pod(deployment=one.deployment)
    stranger = pod()
    for each, count in ((one, 3), (other, 4), (stranger, 100)):
        sample(each, at(10, 40), 10 * count, 0, count, **ended(count, 0, 0, 1))
    settle_usage(at(10, 41))

    (row,) = deployment_hours(one.deployment).rows

    assert (row.pods, row.counts.completion, row.is_open) == (2, 7, True)
    assert row.requests == RequestCounts(stop=7, failed=2)
