"""The reason of a disabled button is its title; of two titles browsers take the first."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from fleet.models import Deployment
from fleet.services.roles import Role
from tests.factories import make_user

TAG = re.compile(r"<(?:button|select|input)\b[^>]*>")
REASON = "Only an operator may do this"


@pytest.mark.parametrize("address", ["/fleet/", "/fleet/deployments/{pk}/", "/jobs/"])
def test_the_first_title_is_the_reason(
    client: Client, deployment: Deployment, address: str
):
    client.force_login(make_user("vera", role=Role.VIEWER))
    page = client.get(address.format(pk=deployment.pk)).text
    off = [tag for tag in TAG.findall(page) if REASON in tag]

    assert off
    assert [tag for tag in off if REASON not in tag.split('title="')[1]] == []
