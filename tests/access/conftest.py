"""One logged-in browser of each role, and something to act on."""

from __future__ import annotations

import pytest
from django.test import Client

from fleet.models import Pod
from fleet.services.roles import Role
from tests.factories import make_deployment, make_fleet, make_llama, make_pod, make_user


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
