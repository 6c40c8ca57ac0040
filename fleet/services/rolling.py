"""Rolling: change a deployment's settings without a gap.

One replica more is rented with the new settings; when it is ready an old one drains and
ends; and so on until none is left. A new replica that is never ready aborts the change:
the old settings come back and the old replicas were never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Field

from fleet.models import (
    WANTED,
    Deployment,
    Health,
    Pod,
    PodStatus,
    Rollout,
    RolloutState,
)
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.selectors.serving import SHOWN_PLAN_KEY, fit_of, serve_spec_for
from fleet.selectors.spent import HOUR
from fleet.selectors.start_up import COLD_START, starts_alike, typical_cold_start
from fleet.services import audit, peaks, replicas, termination
from fleet.services.isolation import apart

REPLACES = (  # these need another pod; a price limit does not
    "max_model_len",
    "gpu_memory_utilization",
    "image",
    "extra_args",
    "extra_env",
    "gpu_type_id",
    "gpu_count",
    "cloud",
    "container_disk_gb",
)
MACHINE = ("gpu_type_id", "gpu_count")
CHANGEABLE = (*REPLACES, "max_usd_per_gpu_hour")
GIVEN_UP = (
    "launch_failures",
    "not_before",
    "launches_stopped_at",
    "launches_stopped_reason",
)
RULE = "rule:rolling"


@dataclass(frozen=True, slots=True)
class RollingPlan:
    """What a change will do, and what the replica more costs meanwhile.

    past_starts  of how many the usual cold start is known; 0: the deadline is taken
    """

    changes: dict[str, Any]
    replicas: int
    seconds: float
    extra_usd: Decimal
    past_starts: int

    @property
    def sentence(self) -> str:
        if not self.seconds:
            return "No replica is replaced."
        source = "the longest allowed"
        if self.past_starts:
            starts = "start" if self.past_starts == 1 else f"{self.past_starts} starts"
            source = f"{COLD_START}, median of the last {starts}"
        return (
            f"For about {round(self.seconds / 60)} min one replica more: "
            f"${self.extra_usd:.2f} ({self.replicas} to replace, {source})."
        )


def plan(
    deployment: Deployment, changes: Mapping[str, Any], *, now: datetime
) -> RollingPlan:
    """What `changes` will do. Changes nothing; raises ValueError with a sentence."""
    wanted = changed_copy(deployment, changes)
    real = {
        name: getattr(wanted, name)
        for name in CHANGEABLE
        if name in changes and getattr(wanted, name) != getattr(deployment, name)
    }
    if not real:
        raise ValueError("changes has nothing new; give a setting another value.")
    check(wanted)
    if deployment.rollouts.filter(state=RolloutState.RUNNING).exists():
        raise ValueError(f"{deployment} is being changed already; wait until it is done.")
    count = deployment.pods.wanted().count() if set(real) & set(REPLACES) else 0
    each, known = cold_start_of(wanted)
    hourly = wanted.max_usd_per_gpu_hour * wanted.gpu_count
    price = replicas.todays_price(wanted, provider=settings.PROVIDER_NAME)
    if price is not None:
        hourly = price * wanted.gpu_count
    hourly += container_disk_usd_per_hour(wanted.container_disk_gb)
    seconds = each * count
    extra = hourly * Decimal(str(seconds)) / HOUR
    return RollingPlan(real, count, seconds, extra, known)


def moves_machine(changes: Iterable[str]) -> bool:
    """Whether these columns make another machine of it: its peak is then another one."""
    return not set(MACHINE).isdisjoint(changes)


def changed_copy(deployment: Deployment, changes: Mapping[str, Any]) -> Deployment:
    """The deployment as it would be; not saved. Raises ValueError for another setting."""
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise ValueError(
            f"changes has {unknown[0]}; what can be changed is {', '.join(CHANGEABLE)}."
        )
    copy = Deployment.objects.select_related("variant__served_model").get(pk=deployment.pk)
    for name, value in changes.items():
        try:
            setattr(copy, name, as_kept(name, value))
        except ValidationError as wrong:
            raise ValueError(f"{name} is {value!r}; it can not be read.") from wrong
    return copy


def as_kept(name: str, value: Any) -> Any:
    """`value` in the type of that column. Raises ValidationError."""
    field = Deployment._meta.get_field(name)
    assert isinstance(field, Field)
    return field.to_python(value)


def check(wanted: Deployment) -> None:
    """Refuse what vLLM would not start with, or what does not fit on its GPUs."""
    if wanted.max_usd_per_gpu_hour <= 0:
        raise ValueError(
            f"max_usd_per_gpu_hour is {wanted.max_usd_per_gpu_hour}; it must be above 0."
        )
    serve_spec_for(wanted, api_key=SHOWN_PLAN_KEY)
    fit = fit_of(
        wanted.variant,
        gpu_type_id=wanted.gpu_type_id,
        gpu_count=wanted.gpu_count,
        max_model_len=wanted.max_model_len,
        gpu_memory_utilization=wanted.gpu_memory_utilization,
    )
    if not fit.ok:
        raise ValueError(f"It does not fit: {'; '.join(map(str, fit.reasons))}")


def cold_start_of(wanted: Deployment) -> tuple[float, int]:
    """The usual cold start of the new replicas [s] and of how many it is known; the
    deadline and 0 where no start is known."""
    usual = typical_cold_start(starts_alike(wanted))
    if usual is None:
        return float(settings.PROVISIONING_DEADLINE_SECONDS), 0
    return usual.seconds, usual.count


def change(
    deployment: Deployment, changes: Mapping[str, Any], *, acting_user: str, now: datetime
) -> RollingPlan:
    """Save new settings and begin to replace the replicas. Raises ValueError."""
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        planned = plan(row, changes, now=now)
        previous = {name: getattr(row, name) for name in planned.changes}
        for name, value in planned.changes.items():
            setattr(row, name, value)
        fields = list(planned.changes)
        if planned.replicas:
            row.revision += 1
            # What was given up is what one changes: the new settings get their chance.
            row.launch_failures, row.not_before = 0, None
            row.launches_stopped_at, row.launches_stopped_reason = None, ""
            fields += ["revision", *GIVEN_UP]
            Rollout.objects.create(
                deployment=row,
                revision=row.revision,
                changes=plain(planned.changes),
                previous=plain(previous),
                state=RolloutState.RUNNING,
                acting_user=acting_user,
                started_at=now,
            )
        row.save(update_fields=fields)
        if moves_machine(planned.changes):
            peaks.forget_peak(row, acting_user=acting_user, now=now)
        audit.record(
            "change settings",
            row,
            acting_user=acting_user,
            now=now,
            was=plain(previous),
            becomes=plain(planned.changes),
            usd_extra=planned.extra_usd,
        )
    deployment.refresh_from_db()
    return planned


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a JSON column holds exactly."""
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def step_all(*, simulated: bool, now: datetime, troubles: list[str]) -> list[str]:
    """One step of every running rollout; what was done, in words."""
    running = Rollout.objects.filter(
        state=RolloutState.RUNNING, deployment__fleet__simulated=simulated
    ).order_by("pk")
    done = [
        apart(f"rollout {pk}", partial(step, pk, now=now), troubles)
        for pk in running.values_list("pk", flat=True)
    ]
    return [words for words in done if words]


def step(rollout_id: int, *, now: datetime) -> str:
    """Abort, end an old replica that a new one stands in for, or finish."""
    with transaction.atomic():
        rollout = (
            Rollout.objects.select_for_update(of=("self",))
            .select_related("deployment")
            .get(pk=rollout_id)
        )
        deployment = Deployment.objects.select_for_update().get(pk=rollout.deployment_id)
        if rollout.state != RolloutState.RUNNING:
            return ""
        pods = list(deployment.pods.filter(status__in=WANTED).order_by("requested_at"))
        old = [pod for pod in pods if pod.revision < rollout.revision]
        new = [pod for pod in pods if pod.revision >= rollout.revision]
        wanted = deployment.replicas_wanted(now=now)
        if wanted and old and (failed := first_failure(rollout)):
            return abort(rollout, deployment, new, why=failed, now=now)
        # What serves is the last to go; what waits would be rented half old, half new.
        old.sort(key=lambda pod: (serves(pod), pod.status != PodStatus.REQUESTED))
        ready = [pod for pod in new if serves(pod)]
        waiting = sum(pod.status == PodStatus.REQUESTED for pod in old)
        spare = old[: max(len(ready) + len(old) - wanted, waiting, 0)]
        for pod in sorted(spare, key=lambda each: each.pk):
            reason = f"replaced by revision {rollout.revision}"
            termination.request_termination(pod, acting_user=RULE, reason=reason, now=now)
        left = len(old) - len(spare)
        surge = 1 if left and wanted else 0
        Deployment.objects.filter(pk=deployment.pk).update(surge=surge)
        if wanted and not left and deployment.is_given_up:
            why = "no new replica became ready, and no old one is left"
            finish(rollout, RolloutState.ABORTED, why, now=now)
            return f"{rollout}: {why}"
        if left or len(ready) < wanted:
            return f"{rollout}: {len(ready)} new ready, {left} old left"
        finish(rollout, RolloutState.DONE, "every replica has the new settings", now=now)
        return f"{rollout}: done"


def serves(pod: Pod) -> bool:
    return pod.status == PodStatus.SERVING and pod.health in (Health.READY, Health.BUSY)


def first_failure(rollout: Rollout) -> str:
    """Why the first new replica that was never ready ended; "" while none did."""
    lost = (
        rollout.deployment.pods.filter(
            revision__gte=rollout.revision,
            ready_at__isnull=True,
            interrupted_at__isnull=True,
            requested_at__gte=rollout.started_at,
        )
        .exclude(status__in=WANTED)
        .order_by("requested_at")
        .first()
    )
    return f"{lost.name}: {lost.status_reason or 'ended'}" if lost else ""


def abort(
    rollout: Rollout, deployment: Deployment, new: list[Pod], *, why: str, now: datetime
) -> str:
    """Bring the old settings back and end the new replicas that do not serve.

    Those that do serve stay: ending them all at once would be the gap that a rolling
    change is there to avoid. The next change counts them as old.
    """
    for name, value in rollout.previous.items():
        setattr(deployment, name, as_kept(name, value))
    deployment.revision = rollout.revision + 1  # every pod of today is older than that
    deployment.surge, deployment.launch_failures = 0, 0
    deployment.not_before = None
    fields = ["revision", "surge", "launch_failures", "not_before"]
    deployment.save(update_fields=[*rollout.previous, *fields])
    if moves_machine(rollout.previous):
        peaks.forget_peak(deployment, acting_user=RULE, now=now)
    reason = f"the change was taken back: {why}"
    for pod in sorted(new, key=lambda each: each.pk):
        if serves(pod):
            continue
        termination.request_termination(pod, acting_user=RULE, reason=reason, now=now)
    finish(rollout, RolloutState.ABORTED, reason, now=now)
    return f"{rollout}: {reason}"


def finish(rollout: Rollout, state: RolloutState, reason: str, *, now: datetime) -> None:
    rollout.state, rollout.ended_at, rollout.reason = state, now, reason[:500]
    rollout.save(update_fields=["state", "ended_at", "reason"])
    audit.record(
        f"rollout {state}", rollout.deployment, acting_user=RULE, now=now, reason=reason
    )
