from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from economics.gate_alerts import changed_gates, fleets_to_leave
from economics.models import GateEvaluation
from economics.selectors.decisions.answer import decide
from economics.selectors.decisions.kept_gates import gate_changes
from economics.services.gates import BY_SCHEDULE, keep_gates
from economics.tasks import judged_gates
from fleet.models import Deployment, Incident
from fleet.services.alerts.definitions import Finding
from fleet.services.alerts.watch import watch
from tests.economics.decisions.worlds import DAY, closed_days
from tests.factories import make_deployment, make_fleet, make_llama

pytestmark = pytest.mark.django_db


@pytest.fixture
def llama_a() -> Deployment:
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, name="Tier 1", slug="tier-1")
    return make_deployment(fleet=fleet, variant=make_llama(), slug="llama-a")


def keep(*, at) -> None:
    keep_gates(decide(now=at, with_flips=False), acting_user="ada", now=at)


def subjects(findings: list[Finding]) -> set[str]:
    return {each.subject for each in findings}


def test_every_number_of_an_answer_is_kept(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-1", "-2", "-3", newest=now - DAY)

    keep(at=now)

    row = GateEvaluation.objects.get(fleet=llama_a.fleet)
    leave = next(each for each in row.gates if each["gate"] == "exit")
    assert (row.policy.name, row.evaluated_by, leave["state"]) == ("safer", "ada", "met")
    first = leave["conditions"][0]
    assert (first["seen"]["value"], first["needed"], first["state"]) == ("-6", "0", "met")
    assert first["seen"]["source"] == "closed days" and first["seen"]["as_of"]


def test_the_schedule_judges_once_a_day_and_asks_for_speeds(llama_a: Deployment):
    now = timezone.now()

    assert judged_gates(now) == "the gates of 2 fleets were judged"
    assert judged_gates(now) == "judged today already"
    assert judged_gates(now + DAY) == "the gates of 2 fleets were judged"
    assert GateEvaluation.objects.filter(evaluated_by=BY_SCHEDULE).count() == 4


def test_a_change_of_an_answer_is_told_for_a_day(llama_a: Deployment):
    now = timezone.now()
    keep(at=now - 2 * DAY)
    closed_days(llama_a, "-1", "-2", "-3", newest=now - DAY)
    keep(at=now - timedelta(hours=1))

    found = changed_gates(now, 24)

    assert {"tier-1-exit", "tier-1-tier-1-profitable"} <= subjects(found)
    exit_change = next(each for each in found if each.subject == "tier-1-exit")
    assert exit_change.title == "Tier 1: the gate “Leave” is met"
    assert "It was unknown. Contribution of the last 3 closed days: −$6.00" in (
        exit_change.detail
    )
    assert changed_gates(now + DAY, 24) == []


def test_the_same_answer_twice_is_no_change(llama_a: Deployment):
    now = timezone.now()
    keep(at=now - DAY)
    keep(at=now)

    assert gate_changes(since=now - 3 * DAY, now=now) == []


def test_a_fleet_is_to_be_left_while_its_exit_gate_is_met(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-1", "-2", "-3", newest=now - DAY)
    keep(at=now)

    assert subjects(fleets_to_leave(now, None)) == {"tier-1"}


def test_the_watch_opens_an_incident_of_it(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-1", "-2", "-3", newest=now - DAY)
    keep(at=now)

    watch(now=now, troubles=[])

    incident = Incident.objects.get(key="exit-gate:tier-1")
    assert incident.title == "Tier 1 is to be left by its policy"
    assert "Contribution of the last 3 closed days: −$6.00" in incident.detail
