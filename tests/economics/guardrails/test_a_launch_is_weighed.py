from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule
from economics.guards import veto
from fleet.models import ActionKind
from fleet.services.actions import plan_action
from tests.economics.guardrails.story import NOW, asked, rented
from tests.factories import make_fleet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh")]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (Rule.COMMITTED, "16"),  # 8 that run and 8 more
        (Rule.DAY_SPEND, "20"),  # 16 spent, 15 minutes of 16 USD/h
        (Rule.DAILY_LOSS, "20"),
        (Rule.EXPOSURE, "20"),
        (Rule.EXPOSURE_DEPLOYMENT, "20"),
        (Rule.COLD_START_DEPLOYMENT, "2"),  # 15 minutes of the new one
    ],
)
@pytest.mark.parametrize("of_fleet", [False, True])
def test_it_may_bring_a_value_to_the_limit_and_not_a_cent_beyond(
    deployment, limit, rule, value, of_fleet
):
    rented(deployment)
    fleet = deployment.fleet if of_fleet else None
    limit(rule, fleet=fleet, refuse=value)

    assert asked(deployment) is None
    said = asked(deployment, usd="8.04")

    assert said is not None
    assert "with glm-5 at $8.04/h" in said and "(refuse new spending)." in said


def test_the_runway_must_last_with_the_launch(deployment, limit):
    rented(deployment)
    limit(Rule.RUNWAY, refuse="625")  # 9,999 USD at 16 USD/h are 624.94 h

    said = asked(deployment)

    assert said is not None
    assert "runway of all fleets becomes 624.94 h with glm-5 at $8.00/h" in said
    assert "below the limit of 625.00 h" in said


def test_a_shorter_runway_of_our_own_replaces_the_hour(deployment, limit):
    rented(deployment)
    limit(Rule.RUNWAY, refuse="0.5")

    assert asked(deployment, usd="9.00") is None


def test_another_fleets_limit_is_none_of_its_business(deployment, limit):
    rented(deployment)
    limit(Rule.COMMITTED, fleet=make_fleet(), refuse="0")

    assert asked(deployment) is None


def test_without_any_limit_the_accounts_own_still_holds(deployment):
    rented(deployment)

    assert "spend limit: " in (asked(deployment, usd="72.01") or "")
    assert asked(deployment, usd=str(Decimal(72))) is None


def test_a_plan_says_before_the_click_that_the_fleets_limit_forbids_it(deployment, limit):
    rented(deployment)
    limit(Rule.COMMITTED, fleet=deployment.fleet, refuse="9")

    plan = plan_action(
        ActionKind.SCALE, {"deployment": "glm-5", "replicas": "2"}, guard=veto, now=NOW
    )

    assert "committed spend of fleet Tier 2 becomes" in plan.blocked
    assert "above the limit of $9.00/h (refuse new spending)." in plan.blocked
