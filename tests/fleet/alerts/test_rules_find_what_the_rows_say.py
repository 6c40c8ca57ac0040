from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import Health, Incident, JobResult, PodStatus, Severity
from fleet.services.alerts import rules
from fleet.services.alerts.watch import watch
from tests.clock import NOON, seconds
from tests.factories import (
    make_deployment,
    make_job_run,
    make_orphan,
    make_pod,
    make_transition,
)

MINUTE = timedelta(minutes=1)
DAY_OLD = timedelta(days=1)


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes."""


def our_pod(**columns):
    defaults = {"provider": "sandbox", "probed_at": NOON, "answered_at": NOON}
    return make_pod(**(defaults | columns))


def found(slug: str, *, now=NOON, limit=Decimal(0)):
    definition = next(each for each in rules.definitions() if each.slug == slug)
    assert definition.check is not None
    return list(definition.check(now, limit))


def opened(slug: str, *, now=NOON):
    troubles: list[str] = []
    watch(now=now, troubles=troubles)
    assert troubles == []
    return Incident.objects.open().filter(key__startswith=f"{slug}:")


@pytest.mark.parametrize("health", [Health.HUNG, Health.DEAD])
def test_a_pod_hung_or_dead_for_two_minutes_is_an_incident(health):
    pod = our_pod(health=health, health_since=NOON - 2 * MINUTE, health_reason="no token")

    incident = opened("pod-unwell").get()

    assert (incident.pod, incident.severity) == (pod, Severity.CRITICAL)
    assert incident.title == f"{pod.name} is {health.label}"
    assert incident.detail == "no token, for 2 min; billed 0.7455 USD/h."


def test_a_pod_hung_for_less_is_none_yet():
    our_pod(health=Health.HUNG, health_since=NOON - seconds(119))

    assert not opened("pod-unwell").exists()


def test_a_pod_that_nobody_looked_at_is_unknown_and_not_dead():
    our_pod(health=Health.DEAD, health_since=NOON - DAY_OLD, probed_at=NOON - 5 * MINUTE)

    assert found("pod-unwell") == []


def test_a_pod_past_its_deadline_is_stuck():
    columns = {"status": PodStatus.PROVISIONING, "ready_at": None}
    our_pod(**columns, ready_by=NOON)
    assert found("pod-stuck") == []
    late = our_pod(**columns, ready_by=NOON - MINUTE)

    assert [each.pod for each in found("pod-stuck")] == [late]


def test_an_end_that_is_not_confirmed_for_five_minutes_is_an_incident():
    columns = {"status": PodStatus.TERMINATING}
    our_pod(**columns, terminate_requested_at=NOON - 5 * MINUTE)
    late = our_pod(**columns, terminate_requested_at=NOON - 5 * MINUTE - seconds(1))

    assert opened("end-unconfirmed").get().pod == late


def test_an_orphan_is_told_with_its_price():
    make_orphan(provider="sandbox", name="kerne-demo-x-1", first_seen_at=NOON - MINUTE)

    assert "USD/h, seen" in opened("orphan").get().detail


def test_a_pod_that_went_without_being_told_is_a_ghost_for_an_hour():
    pod = our_pod(status=PodStatus.TERMINATED)
    make_transition(pod, old=PodStatus.SERVING, new=PodStatus.TERMINATED, at=NOON)
    asked = our_pod(status=PodStatus.TERMINATED, terminate_requested_at=NOON)
    make_transition(asked, old=PodStatus.SERVING, new=PodStatus.TERMINATED, at=NOON)

    assert [each.pod for each in found("ghost")] == [pod]
    assert found("ghost", now=NOON + 60 * MINUTE) == []


def test_three_replicas_that_were_never_ready_are_told():
    make_deployment(slug="fine", launch_failures=2)
    make_deployment(slug="stopped", launch_failures=3, replicas=0)
    make_deployment(slug="broken", launch_failures=3)

    assert [each.subject for each in found("given-up")] == ["broken"]


def test_an_unknown_balance_matters_only_while_something_is_billed():
    assert found("balance-unknown") == []
    our_pod()

    assert found("balance-unknown")[0].subject == "sandbox"


def test_a_job_is_silent_when_it_missed_its_time_twice():
    make_job_run("probe", started_at=NOON - seconds(40), ended_at=NOON)
    make_job_run("reconcile", started_at=NOON - seconds(51), ended_at=NOON)

    assert [each.subject for each in found("job-silent")] == ["reconcile"]


def test_a_job_that_failed_in_a_row_is_told_and_one_success_ends_the_row():
    for minute in range(3):
        at = NOON - (5 - minute) * MINUTE
        make_job_run("list_cloud", started_at=at, ended_at=at, result=JobResult.FAILED)
    assert [each.subject for each in found("job-failing", limit=Decimal(3))] == [
        "list_cloud"
    ]
    assert found("job-failing", limit=Decimal(4)) == []

    make_job_run("list_cloud", started_at=NOON, ended_at=NOON, result=JobResult.OK)

    assert found("job-failing", limit=Decimal(3)) == []


def test_an_incident_ends_when_its_trouble_is_gone_for_the_calm_time():
    pod = our_pod(health=Health.DEAD, health_since=NOON - 5 * MINUTE)
    assert opened("pod-unwell").count() == 1
    pod.health = Health.READY
    pod.save()

    assert opened("pod-unwell", now=NOON + MINUTE).count() == 1
    assert opened("pod-unwell", now=NOON + 6 * MINUTE).count() == 0


def test_a_rule_that_is_off_finds_nothing():
    our_pod(health=Health.DEAD, health_since=NOON - 5 * MINUTE)
    definition = next(each for each in rules.definitions() if each.slug == "pod-unwell")
    rules.change_rule(
        definition,
        enabled=False,
        severity=Severity.CRITICAL,
        minutes=2,
        calm_minutes=5,
        limit=None,
        channels=None,
        acting_user="ada",
        now=NOON,
    )

    assert not opened("pod-unwell").exists()
    assert rules.reset_rule(definition, acting_user="ada", now=NOON)
    assert opened("pod-unwell").exists()


def test_a_rule_that_breaks_stops_no_other_and_closes_nothing(settings):
    settings.ALERT_RULES = ["tests.fleet.alerts.test_rules_find_what_the_rows_say.BROKEN"]
    our_pod(health=Health.DEAD, health_since=NOON - 5 * MINUTE)
    troubles: list[str] = []

    watch(now=NOON, troubles=troubles)

    assert troubles == ["rule broken: ValueError"]
    assert Incident.objects.open().count() == 1


def broken(now, limit):
    raise ValueError("nonsense")


BROKEN = [rules.RuleDefinition("broken", "Broken", "Nothing.", Severity.NOTICE, broken)]


def test_every_rule_has_a_name_of_its_own():
    slugs = [each.slug for each in rules.definitions()]

    assert sorted(set(slugs)) == sorted(slugs)
    assert not any(a != b and b.startswith(f"{a}:") for a in slugs for b in slugs)
