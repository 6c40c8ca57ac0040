"""What pods' seconds were used for: the facts they are judged by, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from operator import add, attrgetter
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from economics.calc.hours import DAY, SECOND, day_bounds
from economics.calc.pod_use import USES, Reading, Span, Use, spans_between
from economics.models import (
    CostKind,
    CostLine,
    DayUse,
    PodHourUse,
)
from economics.selectors.booked_day import BookedDay, DaySums
from economics.selectors.hour_split import PARTS_AND_LOSSES, STEPS_LEFT, millionths_of
from fleet.models import SIMULATED_PAST, EngineSample, Health, HealthChange, Pod

SAMPLE_DAYS = 14  # older samples are gone: what was not judged by then stays unknown
LONGEST_GAP_SECONDS = 120  # between two samples; over a longer one nobody looked
PAST_GAP_SECONDS = 900  # the demo's simulated past has a sample every 15 minutes
PATIENCE = timedelta(hours=2)  # since an hour began: by then it is judged, or never
DOWN = Use.DOWN
NOT_ANSWERING = (Health.DEAD, Health.HUNG, Health.LOADING)


def sealed_lines(now: datetime) -> QuerySet[CostLine]:
    """Accrued GPU lines of sealed hours whose samples are at hand."""
    return CostLine.objects.filter(
        kind=CostKind.GPU,
        observation__isnull=True,
        hour_start__gte=now - SAMPLE_DAYS * DAY,
        period_end__lte=now - timedelta(seconds=settings.HOUR_SEAL_SECONDS),
    )


def pods_to_judge(now: datetime) -> QuerySet[Pod]:
    """Pods with sealed lines after the newest hour that was judged, as `judged_until`.

    The lines of a pod are appended and judged in the order of their hours, so those up to
    `judged_until` have their use. Asking each line would read the lines of two weeks.
    """
    judged = PodHourUse.objects.filter(pod=OuterRef("pk")).order_by("-hour_start")
    lines = sealed_lines(now).filter(pod=OuterRef("pk")).order_by("-hour_start")
    return (
        Pod.objects.filter(
            Q(billed_until__isnull=True) | Q(billed_until__gt=now - SAMPLE_DAYS * DAY),
            billed_from__lt=now,
        )
        .annotate(
            judged_until=Subquery(judged.values("hour_start")[:1]),
            newest_line=Subquery(lines.values("hour_start")[:1]),
        )
        .filter(
            Q(judged_until__isnull=True) | Q(newest_line__gt=F("judged_until")),
            newest_line__isnull=False,
        )
        .order_by("pk")
    )


def unjudged_lines(
    pod: Pod, *, after: datetime | None, now: datetime
) -> QuerySet[CostLine]:
    """The sealed lines of a pod that have no use yet, oldest first.

    after  the hour up to which the pod is judged; None: no hour of it is
    """
    lines = sealed_lines(now).filter(pod=pod).order_by("hour_start")
    return lines if after is None else lines.filter(hour_start__gt=after)


def offset(pod: Pod, at: datetime) -> int:
    """Whole seconds from the start of billing, negative before it."""
    assert pod.billed_from is not None
    return (at - pod.billed_from) // SECOND


def spans_of(pod: Pod, *, since: datetime, until: datetime) -> list[Span]:
    """What was seen of a pod's seconds around [since, until), the surest last.

    An end that was asked for counts as down where no sample says otherwise; samples say
    serving or idle; a server that does not answer is down whatever its samples say.
    """
    end = offset(pod, until)
    ending = []
    if pod.terminate_sent_at is not None:
        ending = [Span(offset(pod, pod.terminate_sent_at), end, Use.DOWN)]
    gap = LONGEST_GAP_SECONDS
    if pod.provider_id.startswith(SIMULATED_PAST):
        gap = PAST_GAP_SECONDS
    margin = timedelta(seconds=gap)
    readings = readings_of(pod, since=since - margin, until=until + margin)
    return [
        *ending,
        *spans_between(readings, longest_gap=gap),
        *silent_spans(pod, since=since, until=until),
        *([] if pod.stopped_at is None else [Span(offset(pod, pod.stopped_at), end, DOWN)]),
    ]


def readings_of(pod: Pod, *, since: datetime, until: datetime) -> list[Reading]:
    """The samples of a pod in [since, until], and its first moment of being ready, at
    which no server has counted anything."""
    samples = EngineSample.objects.filter(pod=pod, at__gte=since, at__lte=until)
    found = [
        Reading(offset(pod, at), prompt + completion + finished, running + waiting > 0)
        for at, prompt, completion, finished, running, waiting in samples.order_by(
            "at"
        ).values_list(
            *("at", "prompt_tokens", "completion_tokens", "requests_finished"),
            *("requests_running", "requests_waiting"),
        )
    ]
    if pod.ready_at is not None and since <= pod.ready_at <= until:
        ready = Reading(offset(pod, pod.ready_at), 0, working=False)
        found = [ready, *(each for each in found if each.second >= ready.second)]
    return found


def silent_spans(pod: Pod, *, since: datetime, until: datetime) -> list[Span]:
    """When the pod's health was one in which it answers nobody."""
    changes = list(
        HealthChange.objects.filter(pod=pod, at__lt=until)
        .order_by("at", "pk")
        .values_list("health", "at")
    )
    return [
        Span(offset(pod, at), offset(pod, end), Use.DOWN)
        for (health, at), (_, end) in pairwise([*changes, ("", until)])
        if health in NOT_ANSWERING and end > since
    ]


@dataclass(frozen=True)
class UseSums:
    """Cost by what it was for [USD]. `pending_usd`: of hours not judged yet, and since the
    last line; 0 in a closed day."""

    start_up_usd: Decimal = Decimal(0)
    serving_usd: Decimal = Decimal(0)
    idle_usd: Decimal = Decimal(0)
    down_usd: Decimal = Decimal(0)
    unknown_usd: Decimal = Decimal(0)
    serverless_usd: Decimal = Decimal(0)
    shared_usd: Decimal = Decimal(0)
    pending_usd: Decimal = Decimal(0)

    def __add__(self, other: UseSums) -> UseSums:
        return UseSums(*map(add, amounts_of(self), amounts_of(other)))

    @property
    def cost_usd(self) -> Decimal:
        return sum(amounts_of(self), Decimal(0))

    @property
    def avoidable_usd(self) -> Decimal:
        """What would not have been spent with the deployment off."""
        return self.cost_usd - self.shared_usd


def amounts_of(sums: UseSums) -> tuple[Decimal, ...]:
    """Its amounts, in their order."""
    return _AMOUNTS(sums)


_AMOUNTS: Callable[[UseSums], tuple[Decimal, ...]] = attrgetter(
    *(field.name for field in fields(UseSums))
)

# The lines of each day, summed up per pod and hour; each hour split by its seconds by use.
OF_DAYS = f"""
SELECT day, deployment_id, {
    ", ".join(f"coalesce(sum(sign * {millionths_of(use)}), 0) * 0.000001" for use in USES)
},
  coalesce(sum(usd) FILTER (WHERE part0 IS NULL AND hour_start < %(waits)s), 0),
  coalesce(sum(usd) FILTER (WHERE part0 IS NULL AND hour_start >= %(waits)s), 0)
FROM (SELECT *, {STEPS_LEFT} FROM (
  SELECT pod.deployment_id, hours.*, {PARTS_AND_LOSSES}
  FROM (
    SELECT day, pod_id, hour_start, sum(amount_usd) AS usd,
      sign(sum(amount_usd))::int AS sign,
      (abs(sum(amount_usd)) * 1000000)::bigint AS whole
    FROM economics_costline WHERE day BETWEEN %(first)s AND %(last)s
    GROUP BY day, pod_id, hour_start
  ) AS hours
  JOIN fleet_pod AS pod ON pod.id = hours.pod_id
  LEFT JOIN economics_podhouruse AS used
    ON used.pod_id = hours.pod_id AND used.hour_start = hours.hour_start
  OFFSET 0
) AS split OFFSET 0) AS parted
GROUP BY day, deployment_id
"""


def lines_of(first: date, last: date, *, now: datetime | None = None) -> dict[str, Any]:
    """What OF_DAYS asks for; without `now` no hour waits for its judgement."""
    waits = datetime.max.replace(tzinfo=UTC) if now is None else now - PATIENCE
    return {"first": first, "last": last, "waits": waits}


def pod_uses(
    first: date, last: date, *, now: datetime | None = None
) -> dict[tuple[date, int], UseSums]:
    """The cost lines of each day of [first, last] by use, per day and deployment id; each
    hour of a pod is split by its seconds, to the stored digit. One query.

    now  of open days: an hour that waits for its judgement is pending, not unknown
    """
    sums = {}
    with connection.cursor() as cursor:
        cursor.execute(OF_DAYS, lines_of(first, last, now=now))
        for day, deployment, *parts, unjudged, pending in cursor.fetchall():
            named = {f"{use}_usd": usd for use, usd in zip(USES, parts, strict=True)}
            named["unknown_usd"] += unjudged
            sums[day, deployment] = UseSums(**named, pending_usd=pending)
    return sums


def running_uses(
    day: date, booked: BookedDay, running: dict[int, Decimal], now: datetime
) -> dict[int, UseSums]:
    """The cost of an open day by use, per deployment id, from what is booked in it: what of
    that is no pod's and no endpoint's is shared. One query.

    running  what ran up since the last lines [USD]
    """
    served, costs = booked.endpoint_costs(), booked.costs()
    pods = {pk: uses for (_, pk), uses in pod_uses(day, day, now=now).items()}
    found = {}
    for pk in costs.keys() | running.keys():
        own = pods.get(pk, UseSums()) + UseSums(serverless_usd=served.get(pk, Decimal(0)))
        rest = costs.get(pk, DaySums()).cost_usd - own.cost_usd
        pending = running.get(pk, Decimal(0))
        found[pk] = own + UseSums(shared_usd=rest, pending_usd=pending)
    return found


def stored_use(row: DayUse) -> UseSums:
    """A closed day as it was stored."""
    names = [field.name for field in fields(UseSums) if field.name != "pending_usd"]
    return UseSums(**{name: getattr(row, name) for name in names})


def seconds_by_use(first: date, last: date, deployment_id: int) -> dict[Use, int]:
    """Billed seconds of a deployment's pods by use in the days [first, last]."""
    names = {use: f"{use}_seconds" for use in USES}
    sums = PodHourUse.objects.filter(
        pod__deployment=deployment_id,
        hour_start__gte=day_bounds(first).start,
        hour_start__lt=day_bounds(last).end,
    ).aggregate(**{name: Sum(name) for name in names.values()})
    return {use: sums[name] or 0 for use, name in names.items()}
