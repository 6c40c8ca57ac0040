"""Each verb of a deployment by hand, and which one is recommended."""

from dataclasses import replace
from decimal import Decimal

from economics.calc.decide import DeploymentFacts, Other, Serving, Verb, Way, advise
from economics.calc.gates import Evidence, ExitFacts, exit_tier
from economics.calc.unknown import Unknown
from tests.economics.candidates import SAFER, seen

# One RTX 4090 at 0.34/h; 100 M tokens × 0.10 = 10.00 − 8.16 = 1.84 a day.


def facts(**columns: object) -> DeploymentFacts:
    contribution = columns.pop("contribution", "1.84")
    seen_exit = ExitFacts(seen(contribution), seen("0"), False, seen(None))
    defaults: dict[str, object] = {
        "name": "llama-a",
        "replicas": 1,
        "tokens": seen("100000000"),
        "contribution": seen(contribution, "no day is closed yet"),
        "utilization": seen("0.4"),
        "usd_per_hour": seen("0.34"),
        "hours": seen("24"),
        "speed": seen("250000000"),
        "net_price": seen("0.10"),
        "advised_price": Evidence(Unknown("the market was not read"), "by hand"),
        "advised_share": seen(None),
        "no_price_pays": False,
        "exit": exit_tier(SAFER, seen_exit),
    }
    return DeploymentFacts(**(defaults | columns))  # type: ignore[arg-type]


def cell(advice, verb):
    return next(each for each in advice.cells if each.verb is verb)


def test_what_earns_and_has_nothing_better_is_kept():
    advice = advise(facts(), SAFER)

    assert advice.verb is Verb.KEEP
    assert advice.chosen.reason == "As it is it earns $1.84 a day."
    assert not cell(advice, Verb.STOP).is_open


def test_what_loses_is_stopped():
    advice = advise(facts(contribution="-3.20"), SAFER)

    assert advice.verb is Verb.STOP
    assert advice.chosen.reason == "Contribution of the last 3 closed days: −$3.20."


def test_one_without_a_day_that_loses_even_full_is_stopped():
    # 250 M × 0.03 = 7.50 a day when full, against 24 × 0.34 = 8.16
    young = {"contribution": None, "net_price": seen("0.03")}

    advice = advise(facts(**young, no_price_pays=True), SAFER)

    assert advice.verb is Verb.STOP
    assert advice.chosen.reason == (
        "No price both sells and pays on this machine, and at ours it would lose $0.66 a "
        "day even full."
    )
    assert cell(advice, Verb.KEEP).reason == (
        "What it earns is unknown: no day is closed yet. Even full it would lose $0.66 a "
        "day at our price."
    )


def test_one_without_a_day_that_another_price_would_save_is_kept():
    advice = advise(facts(contribution=None, net_price=seen("0.03")), SAFER)

    assert advice.verb is Verb.KEEP
    assert "Even full it would lose $0.66 a day at our price." in advice.chosen.reason


def test_one_without_a_day_that_pays_when_full_is_kept():
    advice = advise(facts(contribution=None, no_price_pays=True), SAFER)

    assert advice.verb is Verb.KEEP
    assert advice.chosen.reason == "What it earns is unknown: no day is closed yet."


def test_a_kept_policy_that_scales_up_at_nothing_breaks_no_advice():
    at_nothing = replace(SAFER, scale_up_utilization=Decimal(0))

    advice = advise(facts(), at_nothing)

    assert not cell(advice, Verb.SCALE_UP).is_open
    assert cell(advice, Verb.SCALE_UP).reason == (
        "The policy's utilization for one more replica is 0, so it says nothing."
    )


def test_what_loses_here_and_earns_elsewhere_is_moved():
    other = Other("1× RTX 3090", Decimal("0.10"), Decimal(200_000_000))

    advice = advise(facts(contribution="-3.20", others=(other,)), SAFER)

    # 100 M over 200 M × 0.7 is one replica: 2.40 against 8.16 a day
    assert advice.verb is Verb.MOVE
    assert advice.chosen.usd_per_day == Decimal("2.56")
    assert advice.chosen.reason == ("1× 1× RTX 3090 would cost $2.40 a day against $8.16.")


def test_a_move_of_scheduled_hours_is_paid_for_those_hours():
    # 8 h: 2.72 a day here; there 66.7 M tokens in 8 h full, × 0.7: two of them, 1.60 a day
    other = Other("1× RTX 3090", Decimal("0.10"), Decimal(200_000_000))

    advice = advise(facts(hours=seen("8"), tokens=seen("90000000"), others=(other,)), SAFER)

    assert cell(advice, Verb.MOVE).reason == (
        "2× 1× RTX 3090 would cost $1.60 a day against $2.72."
    )


def test_a_move_to_spot_pays_all_day_and_loses_its_reloads():
    # 250 M × 0.8 × 8/24 × 0.7 = 46.7 M in the hours: two of them, 24 h each at 0.05
    spot = Serving(Way.SPOT, useful=Decimal("0.8"), interruptions=Decimal("0.1"))
    other = Other(
        "a 4090", Decimal("0.05"), Decimal(250_000_000), serving=spot, kind="spot, measured"
    )

    advice = advise(facts(hours=seen("8"), tokens=seen("90000000"), others=(other,)), SAFER)

    assert cell(advice, Verb.MOVE).reason == (
        "2× a 4090 (spot, measured) would cost $2.40 a day against $2.72."
    )


def test_a_move_to_serverless_pays_its_starts_and_the_time_that_it_works():
    # 2.4 h of starts and 10 M / 0.7 of 250 M a day: (2.4 + 1.371) × 0.50
    worker = Serving(Way.SERVERLESS, starting=Decimal("2.4"), busy_only=True)
    other = Other("a 4090", Decimal("0.50"), Decimal(250_000_000), serving=worker)

    advice = advise(facts(tokens=seen("10000000"), others=(other,)), SAFER)

    assert cell(advice, Verb.MOVE).reason == (
        "1× a 4090 would cost $1.89 a day against $8.16."
    )


def test_a_move_that_saves_less_than_a_tenth_is_not_worth_its_start():
    other = Other("another 4090", Decimal("0.31"), Decimal(250_000_000))

    advice = advise(facts(others=(other,)), SAFER)

    assert advice.verb is Verb.KEEP
    assert not cell(advice, Verb.MOVE).is_open


def test_a_full_deployment_is_scaled_up_when_the_rest_pays_another():
    # 0.98 / 0.7 − 1 = 0.4; 400 M × 0.4 × 0.10 = 16.00 − 8.16
    advice = advise(
        facts(utilization=seen("0.98"), tokens=seen("400000000"), contribution="31.84"),
        SAFER,
    )

    assert advice.verb is Verb.SCALE_UP
    assert advice.chosen.usd_per_day == Decimal("39.68")


def test_one_replica_less_saves_its_rent_while_the_others_carry_it():
    # 0.3 × 2 / 1 = 0.6
    advice = advise(facts(replicas=2, utilization=seen("0.3"), contribution="1.84"), SAFER)

    assert advice.verb is Verb.SCALE_DOWN
    assert advice.chosen.usd_per_day == Decimal("10.00")


def test_the_others_are_not_filled_beyond_what_is_planned():
    advice = advise(facts(replicas=2, utilization=seen("0.36")), SAFER)

    assert not cell(advice, Verb.SCALE_DOWN).is_open
    assert "filled to 72 %, above 70 %" in cell(advice, Verb.SCALE_DOWN).reason


def test_a_better_price_counts_the_tokens_that_would_follow_it():
    # 80 M × 0.14 − 100 M × 0.10 = 1.20 a day more
    advice = advise(facts(advised_price=seen("0.14"), advised_share=seen("0.8")), SAFER)

    assert advice.verb is Verb.RE_PRICE
    assert advice.chosen.usd_per_day == Decimal("3.04")


def test_tokens_do_not_follow_a_price_beyond_what_the_replicas_carry():
    # 100 M × 4 is held at 250 M × 0.7 = 175 M: 175 × 0.08 − 10.00 = 4.00
    advice = advise(facts(advised_price=seen("0.08"), advised_share=seen("4")), SAFER)

    assert cell(advice, Verb.RE_PRICE).usd_per_day == Decimal("5.84")


def test_a_loss_cap_that_is_reached_stops_what_does_not_earn():
    gate = exit_tier(SAFER, ExitFacts(seen(None), seen("120"), False, seen(None)))

    advice = advise(facts(contribution=None, exit=gate), SAFER)

    assert advice.verb is Verb.STOP
    assert advice.chosen.reason == "Loss since it was begun: $120.00."


def test_what_is_not_known_is_kept_and_says_so():
    advice = advise(facts(contribution=None), SAFER)

    assert advice.verb is Verb.KEEP
    assert advice.chosen.reason == "What it earns is unknown: no day is closed yet."


def test_a_stopped_deployment_has_nothing_to_do():
    advice = advise(facts(replicas=0), SAFER)

    assert advice.verb is Verb.KEEP
    assert not any(each.is_open for each in advice.cells)
