"""A token that opens the API, and a fleet and closed days to read."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from economics.models import DailyProfit, DayClose, Scope
from fleet.models import Deployment, Pod
from kerne_site import api_tokens
from tests.api.together import client_of
from tests.api.tokens import token_of
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_lists,
    make_llama,
    make_offer,
    make_pod,
    make_user,
)


@pytest.fixture
def ada(db: None) -> User:
    user = make_user("ada")
    assert isinstance(user, User)
    return user


@pytest.fixture
def token(ada: User) -> api_tokens.NewToken:
    return token_of(ada)


@pytest.fixture
def script(token: api_tokens.NewToken) -> Client:
    """A client that sends the token and has no session."""
    return Client(headers={"Authorization": f"Bearer {token.text}"})


@pytest.fixture
def pod(db: None) -> Pod:
    """A pod that serves at $0.74/h with 73 GB of disk, which are $0.01/h."""
    now = timezone.now()
    deployment = make_deployment(
        fleet=make_fleet(slug="tier-1", name="Tier 1"),
        variant=make_llama(),
        slug="llama-a",
    )
    return make_pod(
        deployment=deployment, container_disk_gb=73, probed_at=now, answered_at=now
    )


@pytest.fixture
def closed_day(pod: Pod) -> date:
    """Yesterday, closed, with the row of all and of the one deployment."""
    now = timezone.now()
    day = (now - timedelta(days=1)).date()
    DayClose.objects.create(day=day, closed_at=now)
    deployment = pod.deployment
    figures = {
        "day": day,
        "simulated": False,
        "uncached_prompt_tokens": 1_000_000,
        "cached_prompt_tokens": 0,
        "completion_tokens": 500_000,
        "revenue_usd": "0.200000",
        "cost_usd": "18.000000",
        "profit_usd": "-17.800000",
        "take_rate": "0.0500",
        "break_even_revenue_usd": "18.947368",
        "provenance": "accrued",
        "closed_at": now,
    }
    DailyProfit.objects.create(scope=Scope.ALL, **figures)
    DailyProfit.objects.create(
        scope=Scope.DEPLOYMENT, fleet=deployment.fleet, deployment=deployment, **figures
    )
    return day


@pytest.fixture
def two(db: None, settings) -> list[Deployment]:
    """Two deployments of one fleet, one serving pod of each."""
    settings.PROVIDER_NAME, settings.KERNE_SANDBOX = "fake", True
    settings.REQUIRE_SECOND_FACTOR = False
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(4)
    now = timezone.now()
    make_offer(provider="fake", seen_at=now)
    make_lists("fake", read_at=now)
    make_balance(provider="fake", balance_usd=Decimal(60), read_at=now)
    first = make_deployment(
        fleet=make_fleet(simulated=True), slug="llama-a", container_disk_gb=73
    )
    other = make_deployment(
        fleet=first.fleet, variant=first.variant, slug="llama-b", container_disk_gb=73
    )
    for row in (first, other):
        make_pod(deployment=row, name=f"pod-{row.slug[-1]}", provider="fake")
    return [first, other]


@pytest.fixture
def operates(two: list[Deployment]) -> Client:
    """Sends a token of ada's that may operate on them."""
    return client_of(make_user("ada"), scope="operate", name="nightly")
