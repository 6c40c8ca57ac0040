from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from economics.calc.gates import texts_of
from economics.models import FleetPolicy, PolicyVersion
from economics.selectors.policies import fleet_policies, policies, policy_of_fleet
from economics.services.policies import PolicyRefused, choose_policy, set_policy
from fleet.models import AuditEntry
from tests.factories import NOW, make_fleet

pytestmark = pytest.mark.django_db


def changed(name: str = "safer", **texts: str) -> PolicyVersion:
    before = texts_of(policies()[name].policy)
    return set_policy(name, before | texts, note="", acting_user="ada", now=NOW)


def test_the_founding_plans_thresholds_ship_beside_safer_ones():
    known = policies()

    assert set(known) == {"founding-plan", "safer"}
    assert known["founding-plan"].policy.most_break_even_utilization == Decimal("0.8")
    assert known["founding-plan"].policy.least_runway_days is None
    assert known["safer"].policy.most_market_share == Decimal("0.05")
    assert known["safer"].policy.least_runway_days == 14


def test_a_fleet_without_a_choice_is_run_by_the_safer_policy():
    known = policies()

    assert policy_of_fleet(make_fleet(), known, fleet_policies(known)).row.name == "safer"


def test_a_change_is_a_new_version_and_the_audit_says_what_was_and_what_is():
    row = changed(profit_days="21")

    assert row.version == 2
    assert policies()["safer"].policy.profit_days == 21
    entry = AuditEntry.objects.get(verb="set policy")
    assert (entry.acting_user, entry.at, entry.target) == ("ada", NOW, "Safer")
    assert entry.figures["was"] == {"profit_days": "14"}
    assert entry.figures["becomes"] == {"profit_days": "21"}


def test_a_threshold_that_an_old_version_did_not_know_is_not_asked_until_it_is_set():
    assert (
        "most_interruptions_per_hour"
        not in PolicyVersion.objects.get(name="safer").thresholds
    )
    assert policies()["safer"].policy.allows_spot(Decimal(100))

    changed(most_interruptions_per_hour="0")

    assert not policies()["safer"].policy.allows_spot(Decimal(0))
    entry = AuditEntry.objects.get(verb="set policy")
    assert entry.figures["was"] == {"most_interruptions_per_hour": ""}


def test_an_old_version_can_not_be_changed_or_deleted():
    row = PolicyVersion.objects.get(name="safer", version=1)

    for deed in (row.save, row.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            deed()


def test_a_wrong_number_changes_nothing():
    with pytest.raises(PolicyRefused) as refused:
        changed(most_market_share="5", profit_days="")

    assert set(refused.value.errors) == {"most_market_share", "profit_days"}
    assert PolicyVersion.objects.count() == 2


def test_the_same_numbers_make_no_version():
    with pytest.raises(PolicyRefused, match="Nothing is different"):
        changed(profit_days="14.0")


def test_a_policy_of_no_name_is_refused():
    with pytest.raises(PolicyRefused, match="no policy 'bold'"):
        set_policy("bold", {}, note="", acting_user="ada", now=NOW)


def test_the_last_choice_of_a_fleet_counts_and_is_audited():
    fleet = make_fleet()
    choose_policy(fleet, "safer", acting_user="ada", now=NOW)
    later = NOW + timedelta(minutes=1)
    choose_policy(fleet, "founding-plan", acting_user="eve", now=later)
    known = policies()

    again = choose_policy(fleet, "founding-plan", acting_user="eve", now=later)

    assert again is None
    assert policy_of_fleet(fleet, known, fleet_policies(known)).row.name == "founding-plan"
    assert FleetPolicy.objects.filter(fleet=fleet).count() == 2
    assert AuditEntry.objects.filter(verb="choose policy").count() == 2


def test_a_fleet_is_not_run_by_a_policy_that_does_not_exist():
    with pytest.raises(PolicyRefused, match="no policy 'bold'"):
        choose_policy(make_fleet(), "bold", acting_user="ada", now=NOW)
