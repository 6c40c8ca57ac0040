from contextlib import suppress

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from economics import urls as economics_urls
from fleet import urls as fleet_urls

NAMES = [
    f"{module.app_name}:{pattern.name}"
    for module in (economics_urls, fleet_urls)
    for pattern in module.urlpatterns
    if isinstance(pattern, URLPattern)
] + ["account-tokens", "account-token-revoke", "account-people"]


def address_of(name: str) -> str:
    """The address of a name, whatever it asks for."""
    known = ({}, {"pk": 1}, {"name": "fleet.tasks.reconcile"}, {"public_id": "0" * 12})
    known += ({"slug": "orphan"}, {"chart": "frontier"}, {"kind": "scale"})
    known += ({"token_class": "prompt"}, {"month": "2026-02"}, {"key": "0" * 40})
    for arguments in known:
        with suppress(NoReverseMatch):
            return reverse(name, kwargs=arguments)
    raise AssertionError(f"{name} takes arguments that this test does not know")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_the_login(db: None, client: Client, name: str, method: str):
    answer = getattr(client, method)(address_of(name))

    if answer.status_code == 405:  # the address does not take this method at all
        return
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


def test_every_address_takes_at_least_one_method_from_a_stranger(db: None, client: Client):
    for name in NAMES:
        statuses = {client.get(address_of(name)).status_code}
        statuses.add(client.post(address_of(name)).status_code)
        assert 302 in statuses, name
