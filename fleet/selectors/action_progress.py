"""How far an action is: stages, time against the usual, money so far, and its end.

All of it follows from the pods' own facts; nothing of it is stored before the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from fleet.models import (
    Action,
    ActionKind,
    ActionResult,
    Pod,
    PodStatus,
    Rollout,
    RolloutState,
)
from fleet.models.action import WISHES
from fleet.selectors import starts
from fleet.selectors.action_steps import End, Stage
from fleet.selectors.endpoint_progress import endpoint_end, endpoint_stages
from fleet.selectors.spent import usd_between, usd_so_far
from fleet.selectors.start_up import WAIT, Measured, measured, starts_alike, typical_wait

LATEST_ENDS = 20  # of the past, for the usual time
STOPPED = "from the order to stop to the confirmed end"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an action is at `now`.

    elapsed_seconds  since its confirmation, up to its end
    typical_seconds  median of `typical_of` pods of the past; None without any
    typical_words    from which instant to which that is
    spent_usd        [USD] of the pods it rented; of one that ends pods: since its
                     confirmation
    end              how it ended, or ends at this look; None while it goes on
    """

    stages: tuple[Stage, ...]
    pods: tuple[Pod, ...]
    elapsed_seconds: float
    typical_seconds: float | None
    typical_of: int
    typical_words: str
    spent_usd: Decimal
    end: End | None

    @property
    def is_slow(self) -> bool:
        """Whether it takes over twice the usual time."""
        return (
            self.end is None
            and self.typical_seconds is not None
            and self.elapsed_seconds > 2 * max(self.typical_seconds, 30)
        )


def progress_of(action: Action, *, now: datetime) -> Progress:
    """The progress of one action."""
    rents = action.new_pods > 0
    pods = pods_of(action)
    until = action.ended_at or now
    stages = (
        launch_stages(action, pods, now=until)
        if rents
        else end_stages(pods)
        if pods
        else ()
    )
    stages += endpoint_stages(action)
    usual = usual_start(action) if rents else usual_end(action)
    return Progress(
        stages=stages,
        pods=tuple(pods),
        elapsed_seconds=(until - action.confirmed_at).total_seconds(),
        typical_seconds=usual.seconds if usual else None,
        typical_of=usual.count if usual else 0,
        typical_words=WAIT if rents else STOPPED,
        spent_usd=sum(
            (
                usd_so_far(pod, until=until)
                if rents
                else usd_between(pod, action.confirmed_at, until)
                for pod in pods
            ),
            Decimal(0),
        ),
        end=end_of(action, pods),
    )


def pods_of(action: Action) -> list[Pod]:
    """The pods that it rented; of one that rents none, those that it ends."""
    pods = action.launched() if action.new_pods else action.pods.all()
    return list(pods.order_by("pk"))


# What is reached, by which the parts before it are over.
LAUNCH = (
    ("requested", starts.REQUESTED, ()),
    ("rented", starts.MACHINE, (starts.REQUESTED, starts.CREATING)),
    ("container started", starts.ENGINE, (starts.MACHINE,)),
    ("weights loaded", starts.GRAPHS, (starts.ENGINE, starts.WEIGHTS)),
    ("ready", starts.READY, (starts.GRAPHS,)),
)


def launch_stages(
    action: Action, pods: Sequence[Pod], *, now: datetime
) -> tuple[Stage, ...]:
    """From requested to ready: how many pods are there, how long it took, what it cost.

    The money of the stages adds up to that of the pods' starts.
    """
    known = starts.starts_of(pods)
    parts = [starts.parts_of(pod, known[pod.pk], now=now) for pod in pods]
    reached = [
        (name, sum(any(known[pod.pk][begins:]) for pod in pods))
        for name, begins, _ in LAUNCH
    ]
    stages = counted(reached, action.new_pods, waits=newest_reason(pods))
    return tuple(
        with_figures(stage, [[each[n] for n in over] for each in parts])
        for stage, (_, _, over) in zip(stages, LAUNCH, strict=True)
    )


def with_figures(stage: Stage, pods: Sequence[Sequence[starts.Part]]) -> Stage:
    """The stage with the seconds and the money of its parts, a list of them a pod."""
    took = [
        sum(seconds)
        for parts in pods
        if (seconds := [each.seconds for each in parts if each.seconds is not None])
    ]
    billed = [each.usd for parts in pods for each in parts if each.usd is not None]
    told = [each.unknown for parts in pods for each in parts if each.unknown]
    return replace(
        stage,
        seconds=max(took, default=None),
        usd=sum(billed, Decimal(0)) if billed else None,
        unknown=told[0] if told and not took else "",
    )


def end_stages(pods: Sequence[Pod]) -> tuple[Stage, ...]:
    """Told, last counts read, delete sent, gone: each with how many pods are there."""
    told = [pod for pod in pods if pod.terminate_requested_at or pod.is_ended]
    unrented = sum(pod.status == PodStatus.FAILED for pod in pods)
    reached = (
        ("told to stop", len(told)),
        (
            "delete sent",
            sum(pod.terminate_sent_at is not None for pod in pods) + unrented,
        ),
        ("confirmed gone", sum(pod.is_ended for pod in pods)),
    )
    return counted(reached, len(pods), waits="")


def counted(
    reached: Iterable[tuple[str, int]], goal: int, *, waits: str
) -> tuple[Stage, ...]:
    """Stages of a group: done when all are there; the first that is not is `now`."""
    stages, open_seen = [], False
    for name, count in reached:
        if count >= goal:
            stages.append(Stage(name, "done", "" if goal == 1 else f"{goal} of {goal}"))
            continue
        state = "ahead" if open_seen else "now"
        words = f"{count} of {goal}" if goal > 1 else ""
        if state == "now" and waits:
            words = f"{words}; {waits}" if words else waits
        stages.append(Stage(name, state, words))
        open_seen = True
    return tuple(stages)


def newest_reason(pods: Sequence[Pod]) -> str:
    """Why the newest pod waits, if a word is known."""
    waiting = [pod for pod in pods if pod.status == PodStatus.REQUESTED]
    return waiting[-1].status_reason if waiting else ""


def end_of(action: Action, pods: Sequence[Pod]) -> End | None:
    """How the action ended or ends now; None while it goes on."""
    if action.ended_at is not None:
        return End(ActionResult(action.result), action.outcome)
    if action.kind in WISHES:
        return End(ActionResult.DONE, "The wish is written; the next cloud list does it.")
    if action.kind == ActionKind.SETTINGS and action.new_pods:
        return rollout_end(action)
    if action.plan.get("endpoint"):
        return both_ends(action, pods)
    return pods_end(action, pods)


def both_ends(action: Action, pods: Sequence[Pod]) -> End | None:
    """The end of an action about an endpoint and maybe pods: when both are there."""
    ended = endpoint_end(action)
    if not pods and not action.new_pods:
        return ended
    of_pods = pods_end(action, pods)
    for end in (of_pods, ended):
        if end is not None and end.result != ActionResult.DONE:
            return end
    if ended is None or of_pods is None:
        return None
    return End(ActionResult.DONE, f"{of_pods.outcome} {ended.outcome}")


def pods_end(action: Action, pods: Sequence[Pod]) -> End | None:
    """How the pods' part of an action ended; None while it goes on."""
    if action.new_pods:
        return launch_end(action, pods)
    if not pods:
        return End(ActionResult.DONE, "Nothing had to be rented or ended now.")
    kept = [pod for pod in pods if not pod.is_ended and not pod.terminate_requested_at]
    deployment = action.deployment
    if kept and deployment is not None and deployment.replicas > (action.replicas or 0):
        return End(
            ActionResult.SUPERSEDED,
            f"{deployment} wants {deployment.replicas} by now, so that not every pod of "
            "this action ends.",
        )
    if all(pod.is_ended for pod in pods):
        many = f"{len(pods)} pods are" if len(pods) != 1 else "1 pod is"
        return End(ActionResult.DONE, f"{many} gone, confirmed by the provider.")
    return None


def rollout_end(action: Action) -> End | None:
    """The end of the rollout that the action began."""
    rollout = Rollout.objects.filter(
        deployment=action.deployment_id, started_at=action.confirmed_at
    ).first()
    if rollout is None:
        return End(ActionResult.DONE, "The settings are saved; no replica was replaced.")
    if rollout.state == RolloutState.RUNNING:
        return None
    done = rollout.state == RolloutState.DONE
    return End(
        ActionResult.DONE if done else ActionResult.FAILED,
        f"{rollout.reason[:1].upper()}{rollout.reason[1:]}.",
    )


def launch_end(action: Action, pods: Sequence[Pod]) -> End | None:
    """The end of an action that rents."""
    deployment = action.deployment
    assert deployment is not None and action.replicas is not None
    ready = sum(pod.ready_at is not None for pod in pods)
    if ready >= action.new_pods:
        many = f"{ready} pods are" if ready != 1 else "1 pod is"
        return End(ActionResult.DONE, f"{many} ready.")
    if deployment.replicas < action.replicas:
        return End(
            ActionResult.SUPERSEDED,
            f"{deployment} wants {deployment.replicas} now, fewer than the "
            f"{action.replicas} of this action.",
        )
    if deployment.is_given_up:
        last = max(pods, key=lambda pod: pod.pk, default=None)
        reason = deployment.launches_stopped_reason or (last.status_reason if last else "")
        why = f": {reason}" if reason else "."
        return End(
            ActionResult.FAILED,
            f"No replica became ready, and it is not tried again by itself{why}",
        )
    return None


def usual_start(action: Action) -> Measured | None:
    """The wait for one pod, by past starts alike; of a rollout, one after the other."""
    if action.deployment is None:
        return None
    past = starts_alike(action.deployment, before=action.confirmed_at)
    usual = typical_wait(past)
    if usual is None or action.kind != ActionKind.SETTINGS:
        return usual
    times = action.new_pods
    return Measured(usual.seconds * times, usual.longest * times, usual.count)


def usual_end(action: Action) -> Measured | None:
    """From the order to stop to the confirmed end of past pods."""
    rows = Pod.objects.filter(
        status=PodStatus.TERMINATED,
        terminate_requested_at__isnull=False,
        terminate_requested_at__lt=action.confirmed_at,
    ).order_by("-terminate_requested_at")
    times = rows.values_list("terminate_requested_at", "status_since")[:LATEST_ENDS]
    return measured((gone - told).total_seconds() for told, gone in times if told)
