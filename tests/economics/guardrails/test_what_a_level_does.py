from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule
from economics.models import GuardrailTrip
from economics.services.guardrails.check import check
from fleet.models import AuditEntry, Incident, Pod, PodStatus, Severity
from fleet.services import lifecycle, replicas, termination
from tests import factories
from tests.clock import seconds
from tests.economics.guardrails.story import NOW, asked, rented
from tests.economics.services.rows import at

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def trip() -> GuardrailTrip:
    return GuardrailTrip.objects.latest("pk")


def test_a_warning_stops_nothing_and_is_an_incident(deployment, limit):
    pod = rented(deployment)
    limit(Rule.DAY_SPEND, warn="18")

    check(now=NOW)

    pod.refresh_from_db()
    assert pod.status == PodStatus.SERVING
    incident = Incident.objects.get()
    assert (incident.key, incident.severity) == ("guardrail-day-spend:all", Severity.NOTICE)
    assert incident.detail == trip().sentence


def test_refusing_lets_what_runs_go_on_and_names_rule_and_numbers(deployment, limit, fresh):
    pod = rented(deployment)
    limit(Rule.DAY_SPEND, refuse="18")

    said = asked(deployment)
    check(now=NOW)

    pod.refresh_from_db()
    assert pod.status == PodStatus.SERVING
    assert said == (
        "spend per day of all fleets is $18.00 ($16.00 spent, $2.00 for the next 15 min), "
        "exactly at the limit of $18.00 (refuse new spending)."
    )


def test_draining_ends_the_fleet_after_its_requests_and_says_why(deployment, limit):
    pod = rented(deployment)
    factories.make_sample(pod, at=NOW, requests_running=1)
    limit(Rule.DAY_SPEND, fleet=deployment.fleet, drain="18")

    check(now=NOW)

    pod.refresh_from_db()
    deployment.refresh_from_db()
    assert (pod.status, deployment.replicas) == (PodStatus.TERMINATING, 0)
    assert termination.is_draining(pod, now=NOW)
    reason = (
        "guardrail: spend per day of fleet Tier 2 is $18.00 ($16.00 spent, $2.00 for the "
        "next 15 min), exactly at the limit of $18.00 (drain and end)."
    )
    assert pod.status_reason == reason
    entry = AuditEntry.objects.get(verb="terminate")
    assert (entry.acting_user, entry.figures["reason"]) == ("rule:day_spend", reason)
    assert AuditEntry.objects.get(verb="stop").figures["reason"] == reason
    assert trip().action == (
        "New spending is refused; what runs drains and ends. Ended glm-5 (1 pod)."
    )


def test_terminating_waits_for_no_request(deployment, limit):
    pod = rented(deployment)
    factories.make_sample(pod, at=NOW, requests_running=1)
    limit(Rule.DAY_SPEND, terminate="18")

    check(now=NOW)

    pod.refresh_from_db()
    assert pod.status == PodStatus.TERMINATING
    assert not termination.is_draining(pod, now=NOW)


def test_a_drain_that_runs_is_cut_short_when_the_harder_level_is_reached(deployment, limit):
    pod = rented(deployment)
    factories.make_sample(pod, at=NOW, requests_running=1)
    limit(Rule.DAY_SPEND, drain="18", terminate="18.10")
    check(now=NOW)

    check(now=NOW + MINUTE)

    pod.refresh_from_db()
    assert pod.ends_at_once
    assert [trip.level for trip in GuardrailTrip.objects.order_by("pk")] == [
        "drain",
        "terminate",
    ]


def test_a_stop_is_asked_again_when_a_click_undid_it(deployment, limit):
    rented(deployment)
    limit(Rule.DAY_SPEND, drain="18")
    check(now=NOW)
    lifecycle.start_deployment(deployment, replicas=1, acting_user="ada", now=NOW)
    replicas.settle_deployment(
        deployment.pk, provider="runpod", simulated=False, now=NOW, new_key=lambda: "k"
    )

    check(now=NOW + MINUTE)

    deployment.refresh_from_db()
    assert deployment.replicas == 0
    assert not Pod.objects.filter(status=PodStatus.REQUESTED).exists()


def test_checking_twice_says_everything_once(deployment, limit):
    rented(deployment)
    limit(Rule.DAY_SPEND, warn="1", refuse="2", drain="3")

    check(now=NOW)
    check(now=NOW)

    assert GuardrailTrip.objects.count() == 3
    assert AuditEntry.objects.filter(verb="terminate").count() == 1


def test_another_fleet_goes_on(deployment, limit):
    rented(deployment)
    other = rented(factories.make_deployment(created_at=at(0)))
    limit(Rule.DAY_SPEND, fleet=deployment.fleet, terminate="18")

    check(now=NOW)

    other.refresh_from_db()
    assert other.status == PodStatus.SERVING


def test_a_cold_start_ends_the_pod_and_none_follows(deployment, limit):
    pod = rented(deployment, status="provisioning", ready_at=None)
    ready = rented(deployment)
    deployment.replicas = 2
    deployment.save()
    limit(Rule.COLD_START_POD, terminate="16")

    check(now=NOW)

    pod.refresh_from_db()
    ready.refresh_from_db()
    deployment.refresh_from_db()
    assert (pod.status, ready.status) == (PodStatus.TERMINATING, PodStatus.SERVING)
    assert deployment.replicas == 1
    assert f"cold start of a pod of {pod.name} is $16.00" in pod.status_reason


def test_it_recovers_beyond_the_band_and_money_may_be_spent_again(deployment, limit, fresh):
    rented(deployment)
    limit(Rule.DAY_SPEND, refuse="18")
    check(now=NOW)
    tomorrow = at(24, 10)
    factories.make_balance(balance_usd=Decimal(9999), read_at=tomorrow)
    factories.make_lists(read_at=tomorrow)

    check(now=tomorrow)

    over = trip()
    assert over.closed_at == tomorrow
    # 10 minutes of the new day and the next 15
    assert over.closed_because == "The value is back on the good side: 3.33."
    assert asked(deployment, now=tomorrow) is None


def test_its_incident_closes_when_it_has_been_calm_for_a_while(deployment, limit):
    rented(deployment)
    limit(Rule.DAY_SPEND, warn="18")
    check(now=NOW)
    Pod.objects.update(status=PodStatus.TERMINATED, billed_until=at(10, 30))

    check(now=NOW + MINUTE)

    assert Incident.objects.get().calm_until == NOW + MINUTE + timedelta(minutes=5)


def test_a_trip_goes_on_within_the_band_and_remembers_the_worst(deployment, limit):
    pod = rented(deployment)
    limit(Rule.COMMITTED, warn="8")
    check(now=NOW)
    Pod.objects.filter(pk=pod.pk).update(usd_per_pod_hour=Decimal("7.70"))

    check(now=NOW + MINUTE)

    assert trip().closed_at is None
    assert (trip().worst, trip().last_observed) == (Decimal(8), Decimal("7.70"))


def test_a_raised_limit_lets_go_at_once(deployment, limit):
    rented(deployment)
    limit(Rule.COMMITTED, warn="8")
    check(now=NOW)
    limit(Rule.COMMITTED, warn="8.10", now=NOW + seconds(1))

    check(now=NOW + MINUTE)

    assert trip().closed_because == "The limit was changed by ada; the value is 8.00."


def test_a_trip_of_a_pod_that_is_gone_is_over(deployment, limit):
    pod = rented(deployment, status="provisioning", ready_at=None)
    limit(Rule.COLD_START_POD, warn="16")
    check(now=NOW)
    Pod.objects.filter(pk=pod.pk).update(
        status=PodStatus.TERMINATED, billed_until=NOW + seconds(1)
    )

    check(now=NOW + MINUTE)

    assert trip().closed_because == "There is nothing left that it is about."


def test_an_unknown_balance_ends_nothing(deployment, limit):
    pod = rented(deployment)
    limit(Rule.RUNWAY, refuse="1", drain="1", terminate="1")

    check(now=NOW)

    pod.refresh_from_db()
    assert pod.status == PodStatus.SERVING


def test_guardrails_act_on_play_money_as_on_real_money(limit, settings):
    settings.KERNE_SANDBOX, settings.PROVIDER_NAME = True, "sandbox"
    fleet = factories.make_fleet(simulated=True)
    own = factories.make_deployment(fleet=fleet, created_at=at(0))
    pod = rented(own, provider="sandbox")
    limit(Rule.DAY_SPEND, terminate="18")

    check(now=NOW)

    pod.refresh_from_db()
    assert pod.status == PodStatus.TERMINATING
