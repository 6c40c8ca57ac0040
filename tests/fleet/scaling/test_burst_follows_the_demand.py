"""Each rule of the burst policy with its sentence."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.scaling import Limits, PodLoad, Sample, Standing, decide
from tests.clock import NOON

LIMITS = Limits(
    baseline=1,
    most=4,
    budget_usd_per_hour=Decimal("3.00"),
    usd_per_replica_hour=Decimal("0.75"),
)
LONG_AGO = NOON - timedelta(hours=2)


def pod(
    name: str = "pod-1",
    *,
    running: int = 10,
    waiting: int = 0,
    kv: float | None = 0.3,
    minutes: float = 30,
    newest: int = 2,
    every: int = 10,
) -> PodLoad:
    """A pod whose samples, ten seconds apart, all said the same."""
    count = int(minutes * 60 / every)
    ages = [newest + every * n for n in range(count)]
    return PodLoad(
        name,
        tuple(
            Sample(NOON - timedelta(seconds=age), running, waiting, kv)
            for age in reversed(ages)
        ),
    )


def decided(*pods: PodLoad, current: int, changed_at=LONG_AGO, limits: Limits = LIMITS):
    return decide(
        pods,
        standing=Standing(current, changed_at),
        limits=limits,
        now=NOON,
    )


def test_a_queue_that_lasted_a_minute_asks_for_one_more():
    answer = decided(pod(waiting=3), current=1)

    assert (answer.wanted, answer.reason) == (2, "at least 3 requests waited for 60 s")
    assert answer.numbers["queue"] == 3 and answer.numbers["cap"] == 4


def test_a_long_queue_asks_for_as_many_more_as_it_is_longer_but_at_most_for_double():
    crowd = [pod(f"pod-{n}", running=10, waiting=40) for n in (1, 2)]

    assert decided(*crowd, current=2).wanted == 4


def test_a_full_cache_asks_for_one_more_without_any_queue():
    answer = decided(pod(kv=0.95), current=1)

    assert answer.wanted == 2
    assert answer.reason == "the KV cache was 95% full for 60 s, more than 90%"


def test_a_queue_of_a_moment_asks_for_nothing():
    calm = pod()
    late = replace(calm.samples[-1], waiting=50)

    assert decided(PodLoad("pod-1", (*calm.samples[:-1], late)), current=1).wanted == 1


@pytest.mark.parametrize(
    ("limits", "current", "words"),
    [
        (LIMITS, 4, "at least 12 requests waited for 60 s; 4 is the most"),
        (
            replace(LIMITS, budget_usd_per_hour=Decimal("2.20")),
            2,
            "at least 6 requests waited for 60 s; 3 would cost up to 2.25 USD/h of a "
            "budget of 2.20",
        ),
    ],
)
def test_the_most_and_the_budget_are_never_passed(limits, current, words):
    busy = [pod(f"pod-{n}", waiting=3) for n in range(current)]
    answer = decided(*busy, current=current, limits=limits)

    assert (answer.wanted, answer.reason) == (current, words)


def test_nothing_more_is_asked_for_while_a_replica_does_not_serve_yet():
    answer = decided(pod(waiting=3), current=2)

    assert answer.wanted == 2
    assert answer.reason.endswith("1 of 2 replicas do not serve yet")


def test_after_twenty_quiet_minutes_one_goes():
    quiet = [pod("pod-1", kv=0.2), pod("pod-2", kv=0.15)]
    answer = decided(*quiet, current=2)

    assert answer.wanted == 1
    assert answer.reason == (
        "nobody waited for 20 min, and 1 would fill at most 35% of their KV cache"
    )


def test_one_stays_when_the_rest_would_be_too_full():
    busy = [pod("pod-1", kv=0.4), pod("pod-2", kv=0.3)]

    answer = decided(*busy, current=2)
    assert (answer.wanted, answer.reason) == (2, "1 would fill 70%, more than 50%")


@pytest.mark.parametrize(
    ("pods", "changed_at", "words"),
    [
        (
            [pod("a", newest=40), pod("b")],
            LONG_AGO,
            "the newest sample of a is 40 s old: unknown is not idle",
        ),
        ([PodLoad("a", ()), pod("b")], LONG_AGO, "a has no sample: unknown is not idle"),
        (
            [pod("a", minutes=10), pod("b")],
            LONG_AGO,
            "not watched for 20 min without a gap",
        ),
        (
            [pod("a", kv=None), pod("b", kv=None)],
            LONG_AGO,
            "vLLM does not tell the use of its KV cache",
        ),
        (
            [pod("a"), pod("b")],
            NOON - timedelta(minutes=19),
            "the last change is less than 20 min old",
        ),
        ([], LONG_AGO, "no replica serves yet: nothing is known of the demand"),
    ],
)
def test_what_is_not_known_changes_nothing(pods, changed_at, words):
    answer = decided(*pods, current=2, changed_at=changed_at)

    assert (answer.wanted, answer.reason) == (2, words)


def test_old_samples_of_a_queue_do_not_ask_for_more_either():
    assert decided(pod(waiting=9, newest=40), current=1).wanted == 1


def test_without_any_request_one_goes_although_vllm_does_not_tell_its_cache():
    idle = [pod("a", kv=None, running=0), pod("b", kv=None, running=0)]

    assert decided(*idle, current=2).wanted == 1


def test_a_lower_limit_of_the_operator_counts_at_once():
    less = replace(LIMITS, most=2)
    busy = [pod(f"pod-{n}", waiting=3) for n in range(4)]

    answer = decided(*busy, current=4, changed_at=NOON, limits=less)
    assert (answer.wanted, answer.reason) == (2, "too many: 2 is the most")


def test_aborts_are_shown_and_not_acted_on():
    samples = tuple(
        replace(each, finished=10 * n, aborted=9 * n)
        for n, each in enumerate(pod(minutes=2).samples)
    )
    answer = decided(PodLoad("pod-1", samples), current=1)

    assert answer.wanted == 1
    assert (answer.numbers["finished"], answer.numbers["aborted"]) == (50, 45)
