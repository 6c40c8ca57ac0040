from decimal import Decimal
from itertools import permutations

import pytest

from economics.calc.guardrails import (
    Level,
    Limit,
    Observation,
    Rule,
    Thresholds,
    evaluate,
    shown,
)
from economics.calc.guardrails.evaluate import launch_refusal
from economics.calc.unknown import Unknown

ALL = Thresholds(Decimal(10), Decimal(20), Decimal(30), Decimal(40))


def seen(value, rule=Rule.DAILY_LOSS, **more) -> Observation:
    if isinstance(value, str):
        value = Decimal(value)
    return Observation(rule, None, "all fleets", value, **more)


def levels(judged) -> list[str]:
    return [each.level.value for each in judged]


@pytest.mark.parametrize(
    ("value", "reached"),
    [
        ("9.99", []),
        ("10", ["warn"]),
        ("19.99", ["warn"]),
        ("20", ["warn", "refuse"]),
        ("29.99", ["warn", "refuse"]),
        ("30", ["warn", "refuse", "drain"]),
        ("39.99", ["warn", "refuse", "drain"]),
        ("40", ["warn", "refuse", "drain", "terminate"]),
    ],
)
def test_each_level_is_reached_at_its_own_number_and_not_a_cent_before(value, reached):
    judged = evaluate([seen(value)], [Limit(Rule.DAILY_LOSS, None, ALL)])

    assert levels(judged) == reached


def test_a_level_without_a_number_is_never_reached():
    limit = Limit(Rule.DAILY_LOSS, None, Thresholds(warn=Decimal(1)))

    assert levels(evaluate([seen("9999")], [limit])) == ["warn"]


def test_a_value_is_held_against_the_limit_of_its_own_scope():
    other = Limit(Rule.DAILY_LOSS, 7, ALL)

    assert evaluate([seen("9999")], [other]) == []


def test_the_sentence_has_rule_scope_numbers_parts_and_deed():
    judged = evaluate(
        [seen("20.5", made_of="$21.00 spent, $0.50 net revenue")],
        [Limit(Rule.DAILY_LOSS, None, ALL)],
    )

    assert judged[-1].sentence == (
        "daily loss of all fleets is $20.50 ($21.00 spent, $0.50 net revenue), above the "
        "limit of $20.00 (refuse new spending)."
    )


def test_a_value_in_the_band_of_an_open_trip_says_that_it_is_on_its_way_back():
    opened = [((Rule.DAILY_LOSS, None, "", Level.DRAIN), 1)]
    judged = evaluate([seen("29")], [Limit(Rule.DAILY_LOSS, None, ALL, pk=1)], opened)

    assert judged[-1].level == Level.DRAIN
    assert "is $29.00, back within 5 % of the limit of $30.00" in judged[-1].sentence


def test_a_changed_limit_is_judged_anew_without_the_band():
    opened = [((Rule.DAILY_LOSS, None, "", Level.DRAIN), 1)]
    judged = evaluate([seen("29")], [Limit(Rule.DAILY_LOSS, None, ALL, pk=2)], opened)

    assert levels(judged) == ["warn", "refuse"]


def test_what_is_not_known_refuses_and_ends_nothing():
    judged = evaluate(
        [seen(Unknown("the balance was not read"), rule=Rule.RUNWAY)],
        [Limit(Rule.RUNWAY, None, Thresholds(*map(Decimal, (24, 2, 1, "0.5"))))],
    )

    assert levels(judged) == ["refuse"]
    assert "is not known: the balance was not read" in judged[0].sentence


def test_what_is_not_known_keeps_what_is_open():
    limit = Limit(Rule.RUNWAY, None, Thresholds(*map(Decimal, (24, 2, 1, "0.5"))), pk=1)
    opened = [((Rule.RUNWAY, None, "", Level.DRAIN), 1)]

    judged = evaluate([seen(Unknown("gone"), rule=Rule.RUNWAY)], [limit], opened)

    assert levels(judged) == ["refuse", "drain"]


def test_the_order_of_observations_and_limits_does_not_matter():
    observations = [seen("40"), seen("10", rule=Rule.EXPOSURE), seen("1", rule=Rule.RUNWAY)]
    limits = [Limit(each.rule, None, Thresholds(warn=Decimal(5))) for each in observations]
    keys = {
        frozenset(judgement.key for judgement in evaluate(order, limits))
        for order in permutations(observations)
    }

    assert len(keys) == 1


@pytest.mark.parametrize(("with_it", "allowed"), [("20.00", True), ("20.01", False)])
def test_a_launch_may_reach_a_limit_and_not_pass_it(with_it, allowed):
    limit = Limit(Rule.DAY_SPEND, None, ALL)
    said = launch_refusal(
        seen("12", rule=Rule.DAY_SPEND),
        seen(with_it, rule=Rule.DAY_SPEND),
        limit,
        what="glm-5 at $4.00/h",
    )

    assert (said is None) is allowed
    if not allowed:
        assert said == (
            "spend per day of all fleets becomes $20.01 with glm-5 at $4.00/h, above the "
            "limit of $20.00 (refuse new spending)."
        )


def test_a_launch_is_refused_where_the_limit_is_reached_already():
    said = launch_refusal(
        seen("20"), seen("21"), Limit(Rule.DAILY_LOSS, None, ALL), what="glm-5"
    )

    assert said == (
        "daily loss of all fleets is $20.00, exactly at the limit of $20.00 (refuse new "
        "spending)."
    )


def test_a_limit_that_only_warns_refuses_nothing():
    limit = Limit(Rule.DAILY_LOSS, None, Thresholds(warn=Decimal(1)))

    assert launch_refusal(seen("50"), seen("51"), limit, what="glm-5") is None


def test_a_limit_that_drains_refuses_as_well():
    limit = Limit(Rule.DAILY_LOSS, None, Thresholds(drain=Decimal(30)))

    said = launch_refusal(seen("30"), seen("31"), limit, what="glm-5")

    assert said is not None and "(drain and end)" in said


@pytest.mark.parametrize(
    ("rule", "text"),
    [(Rule.RUNWAY, "3.27 h"), (Rule.COMMITTED, "$3.27/h"), (Rule.EXPOSURE, "$3.27")],
)
def test_a_value_is_shown_with_its_unit(rule, text):
    assert shown(rule, Decimal("3.268")) == text


@pytest.mark.parametrize(
    ("numbers", "falls", "disorder"),
    [
        (("1", "2", "3", "4"), False, None),
        (("1", "1", "1", "1"), False, None),
        (("2", "1", None, None), False, (Level.WARN, Level.REFUSE)),
        (("2", None, None, "1"), False, (Level.WARN, Level.TERMINATE)),
        (("24", "2", "1", "0.5"), True, None),
        (("24", "25", None, None), True, (Level.WARN, Level.REFUSE)),
    ],
)
def test_the_numbers_of_the_levels_are_in_order(numbers, falls, disorder):
    given = (None if each is None else Decimal(each) for each in numbers)

    assert Thresholds(*given).disorder(falls=falls) == disorder
