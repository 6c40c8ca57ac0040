"""An account in memory, and pods that are wanted there."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from fleet.models import Pod
from fleet.providers.base import GpuOffer
from fleet.providers.fake import FakeProvider
from tests.clock import Clock
from tests.factories import make_deployment, make_requested_pod

RTX_4090 = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> FakeProvider:
    """An empty account that sells RTX 4090 for $0.74 per hour."""
    offer = GpuOffer(RTX_4090, "RTX 4090", 24, "SECURE", Decimal("0.74"), 8, "HIGH")
    return FakeProvider(now=clock, offers=[offer])


@pytest.fixture
def make_wanted(clock: Clock) -> Callable[..., Pod]:
    """A REQUESTED pod of the fake account."""

    def make(**columns: object) -> Pod:
        deployment = make_deployment()
        name = f"kerne-demo-{deployment.slug}-1"
        defaults = {
            "deployment": deployment,
            "provider": "fake",
            "name": name,
            "api_key": "sk-0123456789abcdef",
            "attempt": 1,
            "requested_at": clock.now,
            "status_since": clock.now,
        }
        return make_requested_pod(**(defaults | columns))

    return make


def allow(request: object) -> str | None:
    """A guard that vetoes nothing."""
    return None
