"""A real account with money on it, one fleet, and limits that one sets oneself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule, Thresholds
from economics.models import GuardrailLimit
from economics.services.guardrails.limits import NewLimit, set_limit
from fleet.models import Deployment, Fleet
from tests import factories
from tests.economics.guardrails.story import NOW
from tests.economics.services.rows import MIDNIGHT

SetLimit = Callable[..., GuardrailLimit]


@pytest.fixture(autouse=True)
def real_account(request: pytest.FixtureRequest, settings) -> None:
    """RunPod's account of the story: no play money, 9,999 USD, everything fresh."""
    settings.PROVIDER_NAME = "runpod"
    settings.KERNE_SANDBOX = False
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(80)
    settings.TAKE_RATE = Decimal(0)


@pytest.fixture
def limit() -> SetLimit:
    """Set a limit: limit(Rule.DAILY_LOSS, refuse="50", fleet=...)."""

    def set_one(
        rule: Rule,
        *,
        fleet: Fleet | None = None,
        now=MIDNIGHT,
        counted_from=None,
        **levels: str,
    ) -> GuardrailLimit:
        thresholds = Thresholds(**{name: Decimal(text) for name, text in levels.items()})
        wanted = NewLimit(rule, fleet, thresholds, counted_from=counted_from)
        return set_limit(wanted, acting_user="ada", now=now)

    return set_one


@pytest.fixture
def deployment(db: None) -> Deployment:
    """Ordered at midnight; wants one replica."""
    fleet = factories.make_fleet(name="Tier 2", slug="tier-2", tier=2)
    return factories.make_deployment(
        fleet=fleet,
        slug="glm-5",
        created_at=MIDNIGHT,
        container_disk_gb=0,
        max_usd_per_gpu_hour=Decimal(50),
    )


@pytest.fixture
def fresh(db: None) -> None:
    """A balance and a cloud list that may be trusted."""
    factories.make_balance(balance_usd=Decimal(9999), read_at=NOW)
    factories.make_lists(read_at=NOW)
