from decimal import Decimal

import pytest

from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenCounts, TokenMix, TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.planner.money import (
    Assumptions,
    OptionMoney,
    PlanVerdict,
    Throughput,
    option_money,
)
from tests.economics.formula_page import worked_rows

GLM_MIX = TokenMix(TokenCounts(12_456, 22_144, 1_000))
H200_NODE = TokenSeconds(Decimal("0.0001395"), Decimal(0), Decimal("0.000605"))
LIST_PRICE = TokenRates.from_per_million(
    uncached_prompt=Decimal("1.00"),
    cached_prompt=Decimal("0.20"),
    completion=Decimal("3.20"),
)


def of_row(row: dict[str, str]) -> OptionMoney:
    n = {name: Decimal(cell) for name, cell in row.items() if cell[:1].isdigit()}
    return option_money(
        usd_per_hour=n["usd_per_hour"],
        day=ServingDay(n["hours"], int(n["starts"]), n["start"], row["busy_only"] == "yes"),
        throughput=Throughput(
            TokenSeconds(n["s_uncached"], n["s_cached"], n["s_completion"])
        ),
        rates=TokenRates.from_per_million(
            uncached_prompt=n["p_uncached"],
            cached_prompt=n["p_cached"],
            completion=n["p_completion"],
        ),
        assumed=Assumptions(
            TokenMix(
                TokenCounts(int(n["uncached"]), int(n["cached"]), int(n["completion"]))
            ),
            n["utilization"],
            n["take_rate"],
        ),
    )


@pytest.mark.parametrize("row", worked_rows("plan-day"))
def test_the_worked_examples_of_the_plan_day_page_hold(row):
    money = of_row(row)
    day = money.day
    assert not isinstance(day, Unknown)
    meets = day.break_even

    assert f"{day.tokens / 1_000_000:.3f}" == row["tokens"]
    assert f"{day.cost_usd:.2f}" == row["cost_usd"]
    assert f"{day.profit_usd:.2f}" == row["profit_usd"]
    shown = "unknown" if isinstance(meets, Unknown) else f"{meets.utilization:.4f}"
    assert (shown, money.verdict) == (row["break_even"], row["verdict"])


def money_at(utilization: str, *, low: str = "1", **day: int) -> OptionMoney:
    return option_money(
        usd_per_hour=Decimal("36.72"),
        day=ServingDay(**day),
        throughput=Throughput(H200_NODE, Decimal(low)),
        rates=LIST_PRICE,
        assumed=Assumptions(GLM_MIX, Decimal(utilization)),
    )


def test_what_earns_only_in_the_middle_of_the_band_is_not_called_profitable():
    price = TokenRates.from_per_million(
        uncached_prompt=Decimal(2), cached_prompt=Decimal("0.40"), completion=Decimal(6)
    )
    verdicts = [
        option_money(
            usd_per_hour=Decimal("36.72"),
            day=ServingDay(),
            throughput=Throughput(H200_NODE, Decimal(low)),
            rates=price,
            assumed=Assumptions(GLM_MIX, Decimal("0.9")),
        ).verdict
        for low in ("1", "0.5")
    ]

    assert verdicts == [PlanVerdict.PROFITABLE, PlanVerdict.UNSURE]


def test_an_unknown_throughput_is_an_unknown_verdict_with_its_reason():
    money = option_money(
        usd_per_hour=Decimal(1),
        day=ServingDay(),
        throughput=Unknown("nobody has measured it"),
        rates=LIST_PRICE,
        assumed=Assumptions(GLM_MIX, Decimal("0.5")),
    )

    assert money.verdict == PlanVerdict.UNKNOWN
    assert money.day == Unknown("nobody has measured it")


def test_a_token_costs_what_is_paid_over_what_is_sold_starting_included():
    money = money_at("0.5", hours=8, starts=1, start_seconds=2_600)
    day = money.day
    assert not isinstance(day, Unknown) and not isinstance(money.cost, Unknown)

    assert abs(money.cost.blended * day.tokens / 1_000_000 - day.cost_usd) < Decimal(
        "1e-15"
    )


def test_an_idle_plan_has_a_cost_a_day_and_none_a_token():
    money = money_at("0")
    assert not isinstance(money.day, Unknown)

    assert money.day.profit_usd == Decimal("-881.28")
    assert isinstance(money.cost, Unknown)


@pytest.mark.parametrize("wrong", ["-0.01", "1.01"])
def test_a_utilization_outside_of_0_to_1_is_refused(wrong):
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        Assumptions(GLM_MIX, Decimal(wrong))


def test_without_a_price_a_token_costs_and_nothing_is_promised():
    no_price = Unknown("no price is set")
    money = option_money(
        usd_per_hour=Decimal("36.72"),
        day=ServingDay(busy_only=True),
        throughput=Throughput(H200_NODE),
        rates=no_price,
        assumed=Assumptions(GLM_MIX, Decimal("0.5")),
    )

    assert (money.day, money.verdict) == (no_price, PlanVerdict.UNKNOWN)
    assert not isinstance(money.cost, Unknown) and money.cost.blended > 0
    assert money.usd_per_day == Decimal("36.72") * 12
