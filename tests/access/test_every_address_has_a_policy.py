import pytest

from fleet.services.roles import Role
from tests.access.addresses import (
    OWN_ACCOUNT,
    PUBLIC,
    READS_BY_POST,
    Address,
    all_addresses,
)

EVERY = all_addresses()
GUARDED = [each for each in EVERY if each.policy is not None]
# Addresses that rent, stop, spend, or change what is wanted or charged.
ACTS = {
    "fleet:action-confirm",
    "fleet:action-cancel",
    "fleet:spending-stop",
    "fleet:spending-release",
    "fleet:demo-start",
    "fleet:job-run",
    "fleet:offers-import",
    "fleet:offers-import-confirm",
    "economics:prices",
    "economics:take-rates",
    "economics:listing",
    "economics:plan-deploy",
    "economics:schedules",
    "economics:schedule-again",
    "economics:schedule-apply",
    "economics:model-config",
}


ADMINISTERS = {
    "fleet:keys",
    "fleet:keys-check",
    "fleet:keys-forget",
    "account-people",
    "account-person-role",
    "account-person-active",
    "account-invitation-withdraw",
}


def name_of(address: Address) -> str:
    return address.name


@pytest.mark.parametrize("address", EVERY, ids=name_of)
def test_an_address_is_public_or_names_the_role_that_it_needs(address):
    exempt = address.name in PUBLIC | {"logout"} or address.is_api

    assert exempt or address.policy is not None, (
        f"{address.name}: use viewer_required, operator_required, operator_to_post or "
        "admin_required of fleet.access, or name it in PUBLIC"
    )


def test_the_lists_name_addresses_that_exist():
    names = {each.name for each in EVERY}

    assert names >= PUBLIC | OWN_ACCOUNT | READS_BY_POST | ACTS


def test_what_acts_needs_an_operator():
    weak = {
        each.name
        for each in GUARDED
        if each.name in ACTS and each.policy.acts.rank < Role.OPERATOR.rank
    }

    assert weak == set()


def test_accounts_limits_and_keys_need_an_admin():
    weak = {
        each.name
        for each in GUARDED
        if each.name in ADMINISTERS and each.policy.acts is not Role.ADMIN
    }

    assert weak == set()
    assert {each.name for each in EVERY} >= ADMINISTERS


def test_a_stranger_opens_only_what_is_public(db, client):
    for address in EVERY:
        if address.name in PUBLIC:
            continue
        status = client.get(address.path()).status_code
        assert status in (302, 401, 405), f"{address.name} answered {status}"
