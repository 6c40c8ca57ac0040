from datetime import timedelta

from economics.models import UsageEstimate, UsageHour
from economics.services.counting import count_usage
from tests.economics.services.rows import at, pod, sample

FIRST, SECOND, THIRD = at(10, 31), at(10, 41), at(10, 51)


def completion():
    return sum(row.completion_tokens for row in UsageHour.objects.all())


def read(served, when, tokens, started):
    sample(served, when, 0, 0, tokens, started=started)


def test_a_sample_of_a_server_that_is_gone_adds_what_it_has_more():
    served = pod()
    read(served, at(10, 40), 100, FIRST)
    read(served, at(10, 42), 7, SECOND)
    count_usage(at(10, 43))
    read(served, at(10, 40, 30), 130, FIRST)

    counted = count_usage(at(10, 44))

    assert (counted.late_servers, completion()) == (1, 137)


def test_it_is_counted_once():
    served = pod()
    read(served, at(10, 40), 100, FIRST)
    read(served, at(10, 42), 7, SECOND)
    count_usage(at(10, 43))
    read(served, at(10, 40, 30), 130, FIRST)

    assert [count_usage(at(10, 44 + n)).late_servers for n in range(3)] == [1, 0, 0]
    assert completion() == 137


def test_a_whole_server_between_two_others_is_not_lost():
    served = pod()
    read(served, at(10, 40), 100, FIRST)
    read(served, at(10, 52), 7, THIRD)
    count_usage(at(10, 53))
    read(served, at(10, 50), 40, SECOND)

    count_usage(at(10, 54))

    assert completion() == 147


def test_servers_before_the_first_one_that_was_read_are_not_lost():
    served = pod()
    read(served, at(10, 52), 7, THIRD)
    count_usage(at(10, 53))
    read(served, at(10, 50), 40, SECOND)
    read(served, at(10, 40), 100, FIRST)

    count_usage(at(10, 54))

    assert completion() == 147


def test_a_late_sample_of_the_server_that_runs_has_nothing_new():
    served = pod()
    read(served, at(10, 40), 100, FIRST)
    count_usage(at(10, 41))
    read(served, at(10, 39), 90, FIRST)

    assert count_usage(at(10, 42)).late_servers == 0
    assert completion() == 100


def test_counters_older_than_the_pod_are_not_ours():
    served = pod()
    read(served, at(10, 52), 7, THIRD)
    count_usage(at(10, 53))
    read(served, at(10, 40), 100, served.requested_at - timedelta(hours=1))

    count_usage(at(10, 54))

    assert completion() == 7


def test_the_estimate_between_two_servers_is_made_anew_from_the_late_sample():
    served = pod()
    read(served, at(10, 39, 50), 100, FIRST)
    read(served, at(10, 40), 200, FIRST)
    read(served, at(10, 42), 7, SECOND)
    count_usage(at(10, 43))
    assert UsageEstimate.objects.get().completion_tokens == 600
    read(served, at(10, 40, 30), 500, FIRST)

    count_usage(at(10, 44))

    (anew,) = UsageEstimate.objects.filter(superseded_at__isnull=True)
    assert (anew.from_at, anew.to_at) == (at(10, 40, 30), SECOND)
    assert anew.completion_tokens == 300
    assert completion() == 507
