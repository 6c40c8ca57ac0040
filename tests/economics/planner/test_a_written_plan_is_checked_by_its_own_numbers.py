"""The founding plan's arithmetic, each figure worked out by hand beforehand."""

import pytest

from economics.planner.strategy.check import check_plan
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.founding_plan import FOUNDING_PLAN
from tests.economics.planner.worlds import StatedWorld


@pytest.fixture(scope="module")
def found() -> dict[str, Finding]:
    return {each.key: each for each in check_plan(FOUNDING_PLAN, StatedWorld())}


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        ("recommended:day-cost", Verdict.HOLDS, "$288.00 a day"),
        ("scheduled:day-cost", Verdict.HOLDS, "$96.00 to $160.00"),
        ("recommended:blended", Verdict.WRONG, "280 M tokens a day"),
        ("recommended:blended", Verdict.WRONG, "not 192 M"),
        ("recommended:break-even", Verdict.INCONSISTENT, "120 to 160 %"),
        ("recommended:break-even", Verdict.INCONSISTENT, "impossible, not difficult"),
        ("throughput:break-even", Verdict.INCONSISTENT, "200 to 267 %"),
        ("at-60:profit", Verdict.WRONG, "−$372.00 to −$144.00"),
        ("at-80:break-even", Verdict.INCONSISTENT, "impossible"),
        ("fleet-2:revenue", Verdict.INCONSISTENT, "$90.00 to $120.00"),
        ("tier-1:revenue", Verdict.INCONSISTENT, "$8.00 to $24.00"),
        ("fleet-1:market-share", Verdict.WRONG, "13 to 25 %"),
        ("total-profit:sum", Verdict.HOLDS, "$50.00 to $350.00"),
        ("headline-profit:sum", Verdict.INCONSISTENT, "$50.00 to $350.00"),
        ("maximum-loss", Verdict.WRONG, "$288.00 to $960.00"),
        ("market-rate", Verdict.WRONG, "$0.60 to $1.00 and $1.92 to $3.20"),
        ("below-market", Verdict.WRONG, "$0.60"),
        ("few-providers", Verdict.WRONG, "12 endpoints"),
        ("small-models-rate", Verdict.WRONG, "2.8 to 5.6 times less"),
        ("size", Verdict.HOLDS, "744 billion"),
        ("quantised", Verdict.WRONG, "FP8 2.0 times, INT4 3.9 times"),
        ("spot:kind", Verdict.STALE, "no spot any more"),
        ("today:word", Verdict.UNPROVEN, "Nothing here can tell"),
    ],
)
def test_the_plan_is_answered(found, key, verdict, words):
    assert (found[key].verdict, words in found[key].today) == (verdict, True), found[key]


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("recommended:blended", "(34.7 × 1.00 + 2.00) / (34.7 + 1) = 1.028 USD/1M"),
        ("at-80:break-even", "all of it sold earns $180.00 to $240.00 a day"),
        ("fleet-2:revenue", "$150.00 to $400.00 needs 100 to 267 M tokens a day"),
        ("fleet-2:revenue", "that is 62 to 222 % of its own capacity"),
        ("fleet-1:market-share", "llama-3.1-8b $259.69 + qwen-2.5-7b $215.47"),
        ("fleet-1:profit", "$60.00 to $120.00 − $8.00 to $16.00 = $52.00 to $104.00"),
    ],
)
def test_the_arithmetic_stands_beside_the_answer(found, key, line):
    assert any(line in each for each in found[key].arithmetic), found[key].arithmetic


def test_no_two_findings_share_a_key():
    keys = [each.key for each in check_plan(FOUNDING_PLAN, StatedWorld())]

    assert len(keys) == len(set(keys))
