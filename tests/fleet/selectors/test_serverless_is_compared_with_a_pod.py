"""When a pod is cheaper than serverless workers, with the numbers that were put in."""

from decimal import Decimal

import pytest

from fleet.selectors.crossover import (
    CrossoverAsk,
    Known,
    ask_for,
    crossover_words,
    own_speed,
    wakes_seen,
)
from tests.clock import NOON, seconds
from tests.factories import make_deployment, make_llama
from tests.fleet.services.resource_rows import RTX_4090, make_endpoint

DAY = 86_400


def asked(**changes: object) -> CrossoverAsk:
    """The first worked example of docs/formulas/serverless-crossover.md."""
    quantities = {
        "usd_per_pod_hour": Decimal("0.74"),
        "usd_per_worker_hour": Decimal("1.116"),
        "wakes_per_day": Known(Decimal(48), "assumed", "two an hour"),
        "cold_start_seconds": Known(Decimal(60), "estimated", "by the weights"),
        "idle_timeout_seconds": 10,
        "tokens_per_second": Known(Decimal(900), "measured", "full batch"),
    }
    return CrossoverAsk(**(quantities | changes))


def test_busy_hours_and_tokens_above_which_a_pod_is_cheaper_with_their_tags():
    answer, put_in = crossover_words(asked())

    assert answer == (
        "Above 15.0 busy hours a day a pod of the same GPUs, always on at 0.7400 USD/h, is "
        "cheaper: above 48.5 million tokens a day at 900 tokens/s of one worker (measured: "
        "full batch)."
    )
    assert put_in == (
        "Put in: 1.1160 USD per worker-hour; 48 starts a day (assumed: two an hour); a "
        "cold start of 60 s (estimated: by the weights); 10 s idle after each."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"usd_per_pod_hour": Decimal("1.50")}, "It is cheaper than a pod"),
        ({"wakes_per_day": Known(Decimal(1200), "measured", "seen")}, "Its starts alone"),
        ({"tokens_per_second": None}, "is not known for this model."),
    ],
)
def test_it_says_always_never_and_not_known(changes, words):
    assert words in crossover_words(asked(**changes))[0]


def test_without_the_money_nothing_is_said(settings):
    settings.SERVERLESS_CROSSOVER = ""

    assert crossover_words(asked()) == ()


@pytest.mark.django_db
def test_what_was_not_measured_is_estimated_or_assumed_and_says_so():
    ask = ask_for(
        make_llama(),
        gpu_type_id=RTX_4090,
        gpu_count=1,
        simulated=True,
        usd_per_pod_hour=Decimal("0.74"),
        usd_per_worker_hour=Decimal("1.116"),
        idle_timeout_seconds=10,
    )

    assert (ask.wakes_per_day.tag, ask.cold_start_seconds.tag) == ("assumed", "estimated")
    assert ask.tokens_per_second is not None
    assert ask.tokens_per_second.tag in ("measured", "estimated")
    assert 500 < ask.tokens_per_second.value < 20_000


@pytest.mark.django_db
def test_starts_are_measured_once_a_day_of_them_was_seen():
    endpoint = make_endpoint(billed_from=NOON, cold_starts=30)

    assert wakes_seen(endpoint, now=NOON + seconds(DAY - 1)) is None
    seen = wakes_seen(endpoint, now=NOON + seconds(2 * DAY))
    assert seen is not None and (seen.value, seen.tag) == (15, "measured")


@pytest.mark.django_db
def test_the_own_peak_has_the_tag_of_its_source():
    told = make_deployment(
        peak_tokens_per_second=Decimal(4000), peak_source="measured on 2026-03-01"
    )
    typed = make_deployment(peak_tokens_per_second=Decimal(4000), peak_source="a guess")

    assert own_speed(told).tag == "measured"
    assert own_speed(typed).tag == "estimated"
    assert own_speed(make_deployment()) is None
