"""From always on to hours or burst and back, with the money of each by hand."""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, Pod, PodStatus
from fleet.services.actions.following import finish_due
from fleet.services.refused import Refused
from tests.clock import NOON, seconds
from tests.fleet.services.actions.conftest import confirmed, plan_of

MORNINGS = {  # 06:00 to 10:00 every day: closed at noon
    "rental_kind": "scheduled",
    "days": "every",
    "from_time": "06:00",
    "to_time": "10:00",
    "zone": "UTC",
}
DAYTIME = MORNINGS | {"from_time": "08:00", "to_time": "20:00"}


def plan(**parameters: object):
    return plan_of(ActionKind.RENTAL, deployment="llama-a", **parameters)


def test_hours_that_are_closed_now_end_the_pod_and_save_twenty_hours_a_day(deployment, pod):
    wanted = plan(**MORNINGS)

    assert [each.name for each in wanted.pods] == [pod.name]
    assert wanted.saved_usd_per_hour == Decimal("0.75")
    assert wanted.delta_usd_per_day == Decimal("-15.00")  # 20 h of $0.75 less
    assert wanted.changes_in_words == (
        "rental 1 replica, always on to 1 replica: Every day 06:00 to 10:00 UTC"
    )


def test_hours_that_are_open_now_rent_and_end_nothing_and_are_free_to_undo(deployment, pod):
    wanted = plan(**DAYTIME)

    assert (wanted.new_pods, wanted.pods) == (0, ())
    assert wanted.delta_usd_per_day == Decimal("-9.00")
    assert "taken back for free" in wanted.undo


def test_confirmed_the_deployment_follows_the_hours(deployment, pod):
    confirmed(plan(**DAYTIME))

    row = Deployment.objects.get()
    assert row.hours_in_words == "Every day 08:00 to 20:00 UTC"
    assert row.replicas_wanted(now=NOON) == 1
    assert row.replicas_wanted(now=NOON + seconds(9 * 3600)) == 0
    entry = AuditEntry.objects.get(verb="change rental")
    assert entry.figures["before"] == "on-demand, always on"


def test_the_undo_makes_the_old_rental_again(deployment, pod):
    action = confirmed(plan(**DAYTIME))
    undo = action.plan["undo"]

    confirmed(plan_of(ActionKind.RENTAL, **undo), key="u" * 40)

    row = Deployment.objects.get()
    assert (row.rental_kind, row.schedule_starts, row.schedule_seconds) == (
        "on_demand",
        "",
        None,
    )


def test_hours_survive_their_own_undo_as_they_were(deployment, pod):
    confirmed(plan(**DAYTIME, baseline_replicas=1, is_ready_at_start="yes"))
    before = Deployment.objects.get()
    action = confirmed(plan(rental_kind="on_demand"), key="b" * 40)
    confirmed(plan_of(ActionKind.RENTAL, **action.plan["undo"]), key="c" * 40)

    after = Deployment.objects.get()
    assert after.schedule == before.schedule


def test_a_burst_rents_its_baseline_and_says_its_limits(deployment, pod):
    wanted = plan(rental_kind="burst", max_replicas=3, budget_usd_per_hour="4.00")

    assert wanted.changes[0].after == "1 replica to 3 by demand, up to 4 USD/h"
    assert wanted.delta_usd_per_day == 0
    confirmed(wanted)
    assert Deployment.objects.get().max_replicas == 3


def test_it_is_done_when_nothing_had_to_be_rented(deployment, pod):
    action = confirmed(plan(**DAYTIME))

    finish_due(now=NOON + seconds(15), troubles=[])

    action.refresh_from_db()
    assert (action.result, action.outcome) == (
        "done",
        "Nothing had to be rented or ended now.",
    )


def test_a_pod_that_other_hours_end_is_followed_to_its_end(deployment, pod):
    action = confirmed(plan(**MORNINGS))
    Pod.objects.update(status=PodStatus.TERMINATING, terminate_requested_at=NOON)

    assert finish_due(now=NOON + seconds(15), troubles=[]) == []
    Pod.objects.update(status=PodStatus.TERMINATED, billed_until=NOON)
    finish_due(now=NOON + seconds(30), troubles=[])

    action.refresh_from_db()
    assert action.result == "done"


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"rental_kind": "on_demand"}, "rents that way already"),
        ({"rental_kind": "magic"}, "Rental is 'magic'"),
        (MORNINGS | {"zone": "Mars/Phobos"}, "Mars/Phobos"),
        (MORNINGS | {"from_time": "25:00"}, "25:00"),
        ({"rental_kind": "burst"}, "Most replicas is empty"),
        ({"rental_kind": "burst", "max_replicas": "many"}, "'many'; write a whole"),
        (
            {
                "rental_kind": "burst",
                "max_replicas": "3",
                "budget_usd_per_hour": "1e9",
            },
            "Budget is '1e9'",
        ),
        (
            {
                "rental_kind": "burst",
                "max_replicas": "3",
                "budget_usd_per_hour": "0.50",
            },
            "it must be at least that",
        ),
    ],
)
def test_nonsense_gets_a_sentence(deployment, pod, parameters, sentence):
    with pytest.raises(Refused, match=sentence):
        plan(**parameters)
    assert Deployment.objects.get().rental_kind == "on_demand"


def test_a_stopped_deployment_is_started_first(deployment):
    Deployment.objects.update(replicas=0)

    with pytest.raises(Refused, match="is stopped; start it"):
        plan(**DAYTIME)
