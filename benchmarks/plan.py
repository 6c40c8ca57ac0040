"""How long does the answer to a plan take, with every option priced and ranked?

    python benchmarks/plan.py

Makes a throw-away PostgreSQL with the public prices that ship, asks three models as the
plan page does, and prints options, queries and milliseconds beside a floor: the same
options priced by hand, one division each, with everything known beforehand. Medians of
five rounds; the target is 200 options in under 2 s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

from database import start_database

MODELS = ("llama-3.1-8b", "glm-5", "qwen-3-235b-a22b")
ROUNDS = 5


def milliseconds(work: Callable[[], object]) -> float:
    """Median of `ROUNDS`, after one that warms up."""
    work()
    taken = []
    for _ in range(ROUNDS):
        begin = perf_counter()
        work()
        taken.append(1000 * (perf_counter() - begin))
    return median(taken)


def by_hand(known: list[tuple[float, float]]) -> list[float]:
    """The least that ranks the same options: one division each, and a sort."""
    return sorted(price / cost for price, cost in known)


def main() -> None:
    stop = start_database()
    try:
        compare()
    finally:
        stop()


def compare() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from economics.calc.unknown import Unknown
    from economics.planner.question import PlanQuestion
    from economics.selectors.plan import answer
    from economics.selectors.plan_facts import model_facts
    from economics.selectors.planned_models import planned_model
    from fleet.services.market import load_public_prices
    from fleet.services.speeds import answer_wanted, want
    from fleet.throughput.latency import Unknown as NoEstimator
    from fleet.throughput.speed_question import SpeedEvidence

    now = timezone.now()
    load_public_prices(now=now)
    roofline = SpeedEvidence([], [], NoEstimator("not asked in this benchmark"))
    for slug in MODELS:
        model = planned_model(slug)
        assert model is not None
        facts = model_facts(model, now=now)
        question = PlanQuestion(model=slug, **facts.form_defaults)
        want(answer(question, facts, now=now).missing, now=now)
        while answer_wanted(evidence=lambda: roofline, clock=timezone.now)[1]:
            pass
        with CaptureQueriesContext(connection) as seen:
            options = answer(question, facts, now=now).options
        known = [
            (float(each.usd_per_hour), float(each.ours.cost.blended))
            for each in options
            if not isinstance(each.ours.cost, Unknown)
        ]
        ours = milliseconds(partial(answer, question, facts, now=now))
        floor = milliseconds(partial(by_hand, known))
        print(
            f"{slug:<20} {len(options):>4} options {len(seen):>3} queries {ours:>8.1f} ms"
            f"   floor {floor:>6.3f} ms   ratio {ours / floor:>8.0f}"
            f"   {1000 * ours / len(options):>6.0f} us an option"
        )


if __name__ == "__main__":
    main()
