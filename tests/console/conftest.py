"""A logged-in browser without a screen, and a fleet to look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Deployment, Fleet, ModelVariant, Pod
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_llama,
    make_offer,
    make_pod,
    make_user,
)

PROVIDER = "sandbox"  # what settings name without a key


@pytest.fixture
def operator(db: None) -> Client:
    """A client of a logged-in operator."""
    client = Client()
    client.force_login(make_user("ada"))
    return client


@pytest.fixture
def llama(db: None) -> ModelVariant:
    """A variant that fits on an RTX 4090."""
    return make_llama()


@pytest.fixture
def deployment(llama: ModelVariant) -> Deployment:
    fleet = make_fleet(name="Tier 1")
    return make_deployment(fleet=fleet, variant=llama, slug="llama-a")


@pytest.fixture
def play_money(deployment: Deployment) -> None:
    """The deployment is the sandbox's own: actions on it are this cloud's business."""
    Fleet.objects.filter(pk=deployment.fleet_id).update(simulated=True)


@pytest.fixture
def pod(deployment: Deployment) -> Pod:
    """A pod that serves, rented two hours ago and probed just now."""
    now = timezone.now()
    started = now - timedelta(hours=2)
    return make_pod(
        deployment=deployment,
        name="kerne-test-llama-a-1",
        provider=PROVIDER,
        requested_at=started,
        billed_from=started,
        ready_at=started + timedelta(minutes=4),
        status_since=started + timedelta(minutes=4),
        probed_at=now,
        answered_at=now,
    )


@pytest.fixture
def catalog(db: None) -> None:
    """An RTX 4090 at $0.74 and a balance of $120, both read just now."""
    now = timezone.now()
    make_offer(provider=PROVIDER, seen_at=now)
    make_balance(provider=PROVIDER, read_at=now)
