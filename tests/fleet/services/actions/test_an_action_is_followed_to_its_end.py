from decimal import Decimal

from fleet.models import Action, ActionKind, AuditEntry, Deployment, Pod, PodStatus
from fleet.selectors.action_progress import progress_of
from fleet.services.actions.following import finish_due
from tests.clock import NOON, seconds
from tests.factories import make_pod, make_requested_pod
from tests.fleet.services.actions.conftest import confirmed, plan_of

LATER = NOON + seconds(60)


def scaled(replicas: int = 2) -> Action:
    return confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", replicas=replicas))


def new_pod(deployment: Deployment, **columns: object) -> Pod:
    """The replica that reconcile writes after the confirmation."""
    defaults = {
        "provider": "fake",
        "attempt": 2,
        "name": "kerne-demo-llama-a-2",
        "requested_at": NOON + seconds(5),
        "status_since": NOON + seconds(5),
    }
    return make_requested_pod(deployment=deployment, **(defaults | columns))


def states(action: Action, now=LATER) -> list[tuple[str, str]]:
    return [(each.name, each.state) for each in progress_of(action, now=now).stages]


def finish(now=LATER) -> list[str]:
    troubles: list[str] = []
    ended = finish_due(now=now, troubles=troubles)
    assert troubles == []
    return ended


def test_before_reconcile_ran_the_request_is_what_is_waited_for(deployment, pod):
    assert states(scaled()) == [
        ("requested", "now"),
        ("rented", "ahead"),
        ("container started", "ahead"),
        ("weights loaded", "ahead"),
        ("ready", "ahead"),
    ]


def test_a_waiting_intent_tells_why(deployment, pod):
    action = scaled()
    new_pod(deployment, status_reason="There are no instances currently available")

    stage = progress_of(action, now=NOON + seconds(60)).stages[1]

    assert (stage.name, stage.state) == ("rented", "now")
    assert "no instances currently available" in stage.detail


def test_the_money_so_far_is_that_of_the_new_pods(deployment, pod):
    action = scaled()
    new_pod(
        deployment,
        status=PodStatus.PROVISIONING,
        billed_from=NOON + seconds(60),
        usd_per_pod_hour=Decimal("0.74"),
    )

    progress = progress_of(action, now=NOON + seconds(60 + 1200))

    assert progress.spent_usd == Decimal("0.25")  # 20 min of $0.75/h
    assert progress.elapsed_seconds == 1260
    assert progress.end is None


def test_the_usual_time_is_the_median_of_like_pods(deployment, pod):
    Pod.objects.filter(pk=pod.pk).update(
        requested_at=NOON - seconds(7200), ready_at=NOON - seconds(7200 - 240)
    )

    progress = progress_of(scaled(), now=NOON)

    assert (progress.typical_seconds, progress.typical_of) == (240, 1)


def test_it_is_done_when_as_many_are_ready(deployment, pod):
    action = scaled()
    new_pod(deployment, status=PodStatus.SERVING, ready_at=NOON + seconds(50))

    assert finish() == ["scale llama-a"]

    action.refresh_from_db()
    assert (action.result, action.outcome) == ("done", "1 pod is ready.")
    entry = AuditEntry.objects.get(verb="done scale")
    assert entry.acting_user == "ada"
    assert entry.figures["seconds"] == 60


def test_the_end_is_written_once(deployment, pod):
    scaled()
    new_pod(deployment, status=PodStatus.SERVING, ready_at=NOON + seconds(50))

    assert [len(finish()), len(finish())] == [1, 0]
    assert AuditEntry.objects.filter(verb="done scale").count() == 1


def test_giving_up_is_a_failure_with_the_last_reason(deployment, pod):
    action = scaled()
    new_pod(deployment, status=PodStatus.FAILED, status_reason="not ready 20 minutes")
    Deployment.objects.update(launch_failures=3)

    finish()

    action.refresh_from_db()
    assert action.result == "failed"
    assert "not ready 20 minutes" in action.outcome


def test_a_later_stop_supersedes_a_launch(deployment, pod):
    action = scaled()
    confirmed(plan_of(ActionKind.STOP, deployment="llama-a"), key="z" * 40)

    finish()

    action.refresh_from_db()
    assert action.result == "superseded"
    assert "wants 0 now, fewer than the 2" in action.outcome


def test_a_stop_goes_on_until_the_provider_says_gone(deployment, pod):
    action = confirmed(plan_of(ActionKind.STOP, deployment="llama-a"))

    assert states(action) == [
        ("told to stop", "done"),
        ("delete sent", "now"),
        ("confirmed gone", "ahead"),
    ]
    assert finish() == []

    Pod.objects.update(status="terminated", billed_until=NOON + seconds(40))
    assert finish() == ["stop llama-a"]
    action.refresh_from_db()
    assert action.outcome == "1 pod is gone, confirmed by the provider."


def test_pods_of_before_do_not_count_as_launched(deployment, pod):
    make_pod(
        deployment=deployment,
        provider="fake",
        name="kerne-demo-llama-a-9",
        requested_at=NOON - seconds(60),
        ready_at=NOON - seconds(1),
    )

    assert progress_of(scaled(3), now=NOON).pods == ()
