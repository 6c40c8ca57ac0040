"""From a schedule's answer to the plan sheets of the fleet's own hours.

Changes nothing: the sheet shows what it costs, and its confirmation does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.models import SchedulePlan
from economics.planner.schedule.cron_hours import cron_hours
from economics.selectors.schedules.candidates import IDLE_SECONDS, SPOT
from fleet.models import (
    RESOURCE_RUNS,
    ActionKind,
    Deployment,
    MarketOffer,
    OfferKind,
    OfferSource,
    RentalKind,
    ServerlessEndpoint,
)
from fleet.selectors.serverless import USUAL_DELAY_SECONDS, Workers, workers_of
from fleet.services.actions.plan import DRIFT_ALLOWED, PLAN_LIFE
from fleet.services.actions.renting import rental_words

NO_HOURS_ON_SPOT = (
    "spot is rented always or never, and this schedule changes its replicas by the hour; "
    "ask again without spot, or order spot by hand"
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one machine of the answer becomes.

    index       of the candidate in the answer
    hours       when how many run, in words
    deployment  whose hours are changed; None: one has to be ordered
    action      whose sheet it is; of an order it is not looked at
    parameters  of the action, or the fields of the order form
    why_not     why it can not be applied; "" where it can
    workers     the most of its endpoint; 0: it is pods
    """

    index: int
    words: str
    hours: str
    deployment: Deployment | None
    before: str
    parameters: Mapping[str, str]
    why_not: str = ""
    action: ActionKind = ActionKind.RENTAL
    workers: int = 0


@dataclass(frozen=True, slots=True)
class Application:
    """How an answer becomes the fleet's own hours.

    blocked  why nothing of it may be applied now; "" where it may
    others   deployments of the model that rent now and are not in it
    leaves_serverless  the answer gives something to serverless, which this leaves out
    no_hours  the question sets hours, which an endpoint does not know
    """

    parts: tuple[Part, ...]
    blocked: str
    others: tuple[Deployment, ...]
    repeats: str
    leaves_serverless: bool = False
    no_hours: bool = False

    @property
    def is_split(self) -> bool:
        """Whether something has to split the requests between pods and an endpoint."""
        return len({bool(part.workers) for part in self.parts}) == 2

    def part(self, index: str) -> Part | None:
        return next((each for each in self.parts if str(each.index) == index), None)


def application_of(plan: SchedulePlan, *, now: datetime, simulated: bool) -> Application:
    """What a solved answer would change, and why it may not. About three queries."""
    answer = plan.answer
    known = list(
        Deployment.objects.filter(
            variant__served_model__slug=plan.model, fleet__simulated=simulated
        )
        .select_related("fleet", "variant__served_model")
        .order_by("-replicas", "slug")
    )
    parts = tuple(_parts(answer, known))
    used = {part.deployment.pk for part in parts if part.deployment is not None}
    return Application(
        parts=parts,
        blocked=_blocked(plan, parts, now=now, simulated=simulated),
        others=tuple(each for each in known if each.replicas and each.pk not in used),
        repeats="every day" if plan.hours == 24 else "every week",
        leaves_serverless=bool(answer["fleet_hours"].get("leaves_serverless")),
        no_hours=bool(plan.question.get("allowed")),
    )


def _parts(answer: Mapping[str, Any], known: list[Deployment]) -> Iterable[Part]:
    start = datetime.fromisoformat(answer["start"])
    pairs = zip(answer["candidates"], answer["fleet_hours"]["levels"], strict=True)
    endpoints = []
    pods = list[Part]()
    for index, (candidate, level) in enumerate(pairs):
        if level.get("workers"):
            endpoints.append((index, candidate, level))
            continue
        hours = [mark == "1" for mark in level["hours"]]
        most = level["inside"] if any(hours) else level["outside"]
        if most == 0 and level["outside"] == 0:
            continue
        pods.append(_pods(index, candidate, level, hours, start, known))
    yield from pods
    used = {part.deployment.pk for part in pods if part.deployment is not None}
    for index, candidate, level in endpoints:
        yield _endpoint(index, candidate, level, known, used)


def _pods(
    index: int,
    candidate: Mapping[str, Any],
    level: Mapping[str, Any],
    hours: list[bool],
    start: datetime,
    known: list[Deployment],
) -> Part:
    """The hours of a deployment on that machine, or the order of one."""
    deployment = next((e for e in known if _is_of(e, candidate)), None)
    rental, why_not = _rental(candidate, level, hours, start)
    if deployment is not None and not deployment.replicas:
        why_not = why_not or f"{deployment} is stopped; start it, and apply this then"
    if deployment is not None and deployment.is_serverless:
        why_not = why_not or f"{deployment} is serverless; change its rental by hand"
    return Part(
        index=index,
        words=candidate["words"],
        hours=level["words"],
        deployment=deployment,
        before="" if deployment is None else rental_words(deployment),
        parameters=rental
        if deployment is None
        else {"deployment": deployment.slug} | rental,
        why_not=why_not,
    )


def _endpoint(
    index: int,
    candidate: Mapping[str, Any],
    level: Mapping[str, Any],
    known: list[Deployment],
    used: set[int],
) -> Part:
    """An endpoint: of a serverless deployment, beside pods on its GPU, or ordered.

    used  deployments whose pods the answer keeps: theirs is set up beside them
    """
    deployment = next(
        iter(
            sorted(
                (each for each in known if _has_shape(each, candidate)),
                key=lambda each: not each.is_serverless,
            )
        ),
        None,
    )
    wanted = Workers(least=0, most=level["workers"], idle_seconds=int(IDLE_SECONDS))
    workers = {
        "workers_min": str(wanted.least),
        "workers_max": str(wanted.most),
        "idle_timeout": str(wanted.idle_seconds),
    }
    action, parameters, why_not = _of_workers(deployment, workers, wanted, used)
    return Part(
        index=index,
        words=candidate["words"],
        hours=level["words"],
        deployment=deployment,
        before="" if deployment is None else rental_words(deployment),
        parameters=parameters,
        why_not=why_not,
        action=action,
        workers=wanted.most,
    )


def _of_workers(
    deployment: Deployment | None,
    workers: dict[str, str],
    wanted: Workers,
    used: set[int],
) -> tuple[ActionKind, dict[str, str], str]:
    """The action that gives a deployment such an endpoint, and why there is none."""
    rental = {
        "rental_kind": RentalKind.SERVERLESS.value,
        "replicas": "1",
        "queue_delay": str(USUAL_DELAY_SECONDS),
    } | workers
    if deployment is None:
        return ActionKind.RENTAL, rental, ""
    named = {"deployment": deployment.slug}
    if not deployment.replicas:
        why = f"{deployment} is stopped; start it, and apply this then"
        return ActionKind.RENTAL, named | rental, why
    if deployment.is_serverless:
        same = workers_of(deployment) == wanted
        why = f"{deployment} rents that way already: nothing is to be changed"
        return ActionKind.SCALE, named | workers, why if same else ""
    if deployment.pk not in used:
        return ActionKind.RENTAL, named | rental, ""
    beside = ServerlessEndpoint.objects.filter(
        deployment=deployment, status__in=RESOURCE_RUNS
    ).first()
    why = "" if beside is None else f"{deployment} has the endpoint {beside} already"
    return ActionKind.ADD_ENDPOINT, named | workers, why


def _has_shape(deployment: Deployment, candidate: Mapping[str, Any]) -> bool:
    """Whether a worker of the candidate is the deployment's GPU with its weights."""
    return bool(
        deployment.gpu_type_id == candidate["gpu_type_id"]
        and deployment.gpu_count == candidate["gpu_count"]
        and deployment.variant.repository == candidate["repository"]
    )


def _is_of(deployment: Deployment, candidate: Mapping[str, Any]) -> bool:
    """Whether a deployment is the candidate's machine with the same weights."""
    is_spot = candidate["kind"] == SPOT
    return (
        _has_shape(deployment, candidate)
        and deployment.is_spot == is_spot
        and (is_spot or deployment.cloud.lower() in (candidate["cloud"], ""))
    )


def _rental(
    candidate: Mapping[str, Any],
    level: Mapping[str, Any],
    hours: list[bool],
    start: datetime,
) -> tuple[dict[str, str], str]:
    """The rental of a machine as parameters, and why there is none."""
    inside, outside = level["inside"], level["outside"]
    found = None if inside == outside else cron_hours(hours, start)
    count = inside if any(hours) else outside
    if candidate["kind"] == SPOT:
        if found is not None:
            return {}, NO_HOURS_ON_SPOT
        return {"rental_kind": RentalKind.SPOT.value, "replicas": str(count)}, ""
    if found is None:
        return {"rental_kind": RentalKind.ON_DEMAND.value, "replicas": str(count)}, ""
    return {
        "rental_kind": RentalKind.SCHEDULED.value,
        "replicas": str(inside),
        "days": "cron",
        "cron": found.text,
        "window_hours": str(found.window_hours),
        "zone": "UTC",
        "baseline_replicas": str(outside),
        "is_ready_at_start": "no",
    }, ""


def _blocked(
    plan: SchedulePlan, parts: tuple[Part, ...], *, now: datetime, simulated: bool
) -> str:
    """Why nothing of an answer may be applied now; the rules of the plan sheet."""
    if plan.simulated != simulated:
        return "It was asked for another kind of money than this cloud's."
    if breaks := plan.answer["fleet_hours"]["breaks"]:
        return (
            "As hours of a deployment, with two numbers each, it would break a limit: "
            f"{' '.join(breaks)}"
        )
    worked_at = plan.worked_at or plan.asked_at
    if now - worked_at > PLAN_LIFE:
        minutes = int(PLAN_LIFE.total_seconds()) // 60
        return (
            f"This answer is of {worked_at:%Y-%m-%d %H:%M} UTC, more than {minutes} "
            "minutes old: its prices and its demand may have moved. Ask it again."
        )
    return _moved(plan, parts)


def _moved(plan: SchedulePlan, parts: tuple[Part, ...]) -> str:
    """A sentence about the first machine whose price is off by more than the drift."""
    candidates = [plan.answer["candidates"][part.index] for part in parts]
    rows = MarketOffer.objects.filter(
        source=OfferSource.CATALOG,
        gpu_type_id__in=[each["gpu_type_id"] for each in candidates],
    )
    today = {
        (row.provider, row.gpu_type_id, row.kind, row.cloud.lower()): row for row in rows
    }
    for one in candidates:
        kind = one["kind"] or OfferKind.ON_DEMAND.value
        row = today.get((one["provider"], one["gpu_type_id"], kind, one["cloud"]))
        if row is None:
            return f"{one['words']} is no longer offered. Ask it again."
        before = Decimal(one["usd_per_gpu_hour"])
        if abs(row.usd_per_gpu_hour - before) > before * DRIFT_ALLOWED:
            return (
                f"The price of {one['words']} moved from ${before:,.4f} to "
                f"${row.usd_per_gpu_hour:,.4f} per GPU-hour since it was worked out. Ask "
                "it again."
            )
    return ""
