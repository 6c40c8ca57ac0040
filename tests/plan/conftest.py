"""Offers that ship, and speeds by the roofline alone: seconds less than the estimator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from fleet.services.market import load_public_prices
from fleet.services.speeds import answer_wanted
from fleet.throughput.latency import Unknown
from fleet.throughput.speed_question import SpeedEvidence
from tests.factories import make_user

ROOFLINE_ONLY = SpeedEvidence(own=[], published=[], estimator=Unknown("not asked in tests"))


@pytest.fixture
def public_prices(db: None) -> None:
    """The dated public prices of GPUs."""
    load_public_prices(now=timezone.now())


@pytest.fixture
def answer_speeds() -> Callable[[], None]:
    """Answers every speed that a page has asked for, as the worker does."""

    def answer() -> None:
        more = True
        while more:
            _, more = answer_wanted(evidence=lambda: ROOFLINE_ONLY, clock=timezone.now)

    return answer


@pytest.fixture
def planner(public_prices: None) -> Client:
    """A logged-in operator's browser, with prices to plan by."""
    client = Client()
    client.force_login(make_user("ada"))
    return client
