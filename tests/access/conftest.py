"""One logged-in browser of each role, and something to act on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from economics.models import BillingObservation, CostLine
from fleet.models import Pod
from fleet.services.roles import Role
from tests.factories import (
    NOW,
    make_deployment,
    make_fleet,
    make_llama,
    make_pod,
    make_user,
)


def browser_of(username: str, role: Role) -> Client:
    client = Client()
    client.force_login(make_user(username, role=role))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return browser_of("vera", Role.VIEWER)


@pytest.fixture
def operator(db: None) -> Client:
    return browser_of("otto", Role.OPERATOR)


@pytest.fixture
def admin(db: None) -> Client:
    return browser_of("ada", Role.ADMIN)


@pytest.fixture
def pod(db: None) -> Pod:
    deployment = make_deployment(fleet=make_fleet(), variant=make_llama(), slug="llama-a")
    return make_pod(deployment=deployment, provider="sandbox")


@pytest.fixture
def make_lines(pod: Pod) -> Callable[[], CostLine]:
    """One cost line with what the provider said of it."""

    def make() -> CostLine:
        hour = NOW.replace(minute=0)
        BillingObservation.objects.create(
            provider="sandbox",
            provider_pod_id="p1",
            pod=pod,
            bucket_start=hour - timedelta(hours=1),
            bucket_end=hour,
            gpu_usd=Decimal("0.74"),
            disk_usd=Decimal(0),
            total_usd=Decimal("0.74"),
            observed_at=NOW,
        )
        return CostLine.objects.create(
            pod=pod,
            kind="gpu",
            hour_start=hour - timedelta(hours=1),
            period_start=hour - timedelta(hours=1),
            period_end=hour,
            seconds=3600,
            usd_per_hour=Decimal("0.74"),
            amount_usd=Decimal("0.74"),
            provenance="accrued",
            day=NOW.date(),
            booked_at=NOW,
        )

    return make
