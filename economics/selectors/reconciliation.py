"""Three views of what a pod's hour cost, side by side: our seconds x the agreed price,
the same seconds at the provider's own price as it was listed last, and its bill.

Formula and states: docs/books.md. One statement reads an hour, a pod or a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from economics.calc.hours import HOUR, day_bounds
from economics.calc.money import STORED_STEP
from economics.models import CostKind
from fleet.models import SIMULATED_PAST

UNBILLED_HOURS = 3  # an hour without a bucket so long after its end was not charged
KINDS_OF_LINES = len(CostKind)


class State(StrEnum):
    """What is known of an hour's bill; the worst last."""

    MATCHED = "matched"  # billed as it was booked, to the stored digit
    CORRECTED = "corrected"  # billed differently; lines carry the difference
    PROVISIONAL = "provisional"  # the bucket may still change
    UNBILLED = "unbilled"  # booked, and the bill leaves the hour out
    UNEXPLAINED = "unexplained"  # billed, and nothing of ours accounts for it


@dataclass(frozen=True)
class Asked:
    """Which hours: of the UTC days [first, last], both included, and of which money."""

    first: date
    last: date
    simulated: bool | None = False  # None: of both kinds
    deployment_id: int | None = None
    members: tuple[int, ...] | None = None  # ids of deployments; None: of all
    pod_id: int | None = None
    state: str = ""


@dataclass(frozen=True)
class Compared:
    """Some hours side by side [USD]; `key` is their hour, pod or day.

    listed_usd      None where the provider's price was not known for a part of it
    billed_usd      what the bill says so far, open buckets included
    difference_usd  bill minus ours over the hours whose bucket is closed; None: no such
    settled_usd     ours in those hours
    """

    key: Any
    hours: int
    seconds: int
    ours_usd: Decimal
    listed_usd: Decimal | None
    billed_usd: Decimal | None
    difference_usd: Decimal | None
    settled_usd: Decimal
    corrections_usd: Decimal
    states: dict[State, int]

    @property
    def booked_usd(self) -> Decimal:
        """What the books say now: our lines and the corrections."""
        return self.ours_usd + self.corrections_usd

    @property
    def is_booked(self) -> bool:
        """Whether any line of ours is in it."""
        return self.seconds > 0 or self.ours_usd != 0

    @property
    def worst(self) -> State:
        """The state of its worst hour."""
        present = [state for state in State if self.states.get(state)]
        return present[-1] if present else State.MATCHED


@dataclass(frozen=True)
class PodCompared(Compared):
    """Hours of one pod; `pod_id` None for a pod that no row of ours explains."""

    pod_id: int | None = None
    pod_name: str = ""
    deployment: str = ""


@dataclass(frozen=True)
class HourCompared(PodCompared):
    """One hour of one pod; its key is the hour."""

    usd_per_hour: Decimal | None = None
    listed_usd_per_hour: Decimal | None = None
    revision: int | None = None
    observed_at: datetime | None = None
    is_inferred: bool = False

    @property
    def why(self) -> str:
        """The likely cause of its state, in a sentence."""
        return why(self)


# An hour's accrued lines are summed with their corrections, and joined with the newest
# revision of its bucket. Amounts of a bucket are kept to 8 decimals, those of lines to 6.
# A bucket's newer revisions are looked for among those that are one, not by sorting all;
# a rate is multiplied only where less than its hour is charged; and lines come in the order
# of their hours, or the sums of all hours are held at once and do not fit into memory.
HOURS = """
WITH pods AS MATERIALIZED (
  SELECT pod.id, pod.name AS pod_name, deployment.slug AS deployment,
    pod.provider_id LIKE %(past)s AS is_past
  FROM fleet_pod pod
  JOIN fleet_deployment deployment ON deployment.id = pod.deployment_id
  JOIN fleet_fleet fleet ON fleet.id = deployment.fleet_id
  WHERE (%(simulated)s::boolean IS NULL OR fleet.simulated = %(simulated)s)
    AND (%(deployment)s::bigint IS NULL OR deployment.id = %(deployment)s)
    AND (%(members)s::bigint[] IS NULL OR deployment.id = ANY(%(members)s))
    AND (%(pod)s::bigint IS NULL OR pod.id = %(pod)s)
), booked AS (
  SELECT line.pod_id, line.hour_start,
    SUM(line.amount_usd) FILTER (WHERE line.observation_id IS NULL) AS ours_usd,
    SUM(line.seconds) FILTER (WHERE line.observation_id IS NULL AND line.kind = 'gpu')
      AS seconds,
    SUM(CASE WHEN line.kind <> 'gpu' THEN line.amount_usd
          WHEN line.seconds = 3600 THEN line.listed_usd_per_hour
          ELSE ROUND(line.listed_usd_per_hour * line.seconds / 3600, 8)
        END) FILTER (WHERE line.observation_id IS NULL) AS listed_usd,
    BOOL_OR(line.kind = 'gpu' AND line.observation_id IS NULL
      AND line.listed_usd_per_hour IS NULL) AS listed_unknown,
    MAX(line.usd_per_hour) FILTER (WHERE line.kind = 'gpu') AS usd_per_hour,
    MAX(line.listed_usd_per_hour) AS listed_usd_per_hour,
    SUM(line.amount_usd) FILTER (WHERE line.observation_id IS NOT NULL)
      AS corrections_usd,
    COUNT(*) FILTER (WHERE line.observation_id IS NOT NULL AND line.amount_usd <> 0)
      AS moved
  FROM (
    SELECT line.* FROM economics_costline line
    JOIN pods ON pods.id = line.pod_id AND NOT pods.is_past
    WHERE line.hour_start >= %(start)s AND line.hour_start < %(end)s
      AND (%(pod)s::bigint IS NULL OR line.pod_id = %(pod)s)
    ORDER BY line.hour_start, line.pod_id OFFSET 0
  ) AS line
  GROUP BY line.hour_start, line.pod_id
), said AS (
  SELECT pod_id, provider_pod_id, bucket_start, total_usd, is_final, is_inferred,
    revision, observed_at
  FROM economics_billingobservation bucket
  WHERE bucket_start >= %(start)s AND bucket_start < %(end)s
    AND (%(pod)s::bigint IS NULL OR pod_id = %(pod)s)
    AND NOT EXISTS (SELECT FROM economics_billingobservation newer
      WHERE newer.bucket_start >= %(start)s AND newer.bucket_start < %(end)s
        AND newer.revision > 1 AND newer.revision > bucket.revision
        AND newer.bucket_start = bucket.bucket_start
        AND newer.provider_pod_id = bucket.provider_pod_id
        AND newer.provider = bucket.provider)
), joined AS (
  SELECT COALESCE(booked.pod_id, said.pod_id) AS pod_id, said.provider_pod_id,
    COALESCE(booked.hour_start, said.bucket_start) AS hour_start,
    booked.seconds, COALESCE(booked.ours_usd, 0) AS ours_usd,
    CASE WHEN booked.listed_unknown THEN NULL ELSE COALESCE(booked.listed_usd, 0) END
      AS listed_usd,
    booked.usd_per_hour, booked.listed_usd_per_hour,
    COALESCE(booked.corrections_usd, 0) AS corrections_usd,
    COALESCE(booked.moved, 0) AS moved,
    said.total_usd AS billed_usd, COALESCE(said.is_final, FALSE) AS is_final,
    COALESCE(said.is_inferred, FALSE) AS is_inferred, said.revision, said.observed_at
  FROM booked FULL JOIN said
    ON said.pod_id = booked.pod_id AND said.bucket_start = booked.hour_start
), judged AS (
  SELECT joined.*, pods.pod_name, pods.deployment,
    CASE
      WHEN joined.pod_id IS NULL AND billed_usd > 0 THEN 'unexplained'
      WHEN billed_usd IS NULL AND hour_start <= %(waited)s THEN 'unbilled'
      WHEN billed_usd IS NULL OR NOT is_final THEN 'provisional'
      WHEN is_inferred THEN 'unbilled'
      WHEN COALESCE(seconds, 0) = 0 AND billed_usd > 0 THEN 'unexplained'
      WHEN ABS(ours_usd + corrections_usd - billed_usd) >= %(step)s THEN 'unexplained'
      WHEN moved = 0 THEN 'matched'
      ELSE 'corrected'
    END AS state
  FROM joined LEFT JOIN pods ON pods.id = joined.pod_id
  WHERE pods.id IS NOT NULL OR (joined.pod_id IS NULL AND %(deployment)s::bigint IS NULL
    AND %(members)s::bigint[] IS NULL AND %(simulated)s::boolean IS NOT TRUE)
)
"""
# A sum for each state: the sums of a day or pod are those of its states, added up here.
SUMS = """
  COUNT(*) AS hours, COALESCE(SUM(seconds), 0) AS seconds, SUM(ours_usd) AS ours_usd,
  CASE WHEN BOOL_OR(listed_usd IS NULL) THEN NULL ELSE SUM(listed_usd) END AS listed_usd,
  SUM(billed_usd) AS billed_usd, SUM(billed_usd) FILTER (WHERE is_final) AS final_usd,
  SUM(ours_usd) FILTER (WHERE is_final) AS settled_usd,
  SUM(corrections_usd) AS corrections_usd
"""
ONLY = "WHERE (%(state)s = '' OR state = %(state)s)"
OF_DAYS = f"""{HOURS}
SELECT (hour_start AT TIME ZONE 'UTC')::date AS key, state, {SUMS} FROM judged {ONLY}
GROUP BY 1, 2"""
OF_PODS = f"""{HOURS}
SELECT pod_id, COALESCE(MAX(pod_name), MAX(provider_pod_id)) AS pod_name,
  COALESCE(MAX(deployment), '') AS deployment, state, {SUMS} FROM judged {ONLY}
GROUP BY pod_id, CASE WHEN pod_id IS NULL THEN provider_pod_id END, state"""
OF_HOURS = f"""{HOURS}
SELECT * FROM judged {ONLY}
ORDER BY hour_start DESC, pod_name, provider_pod_id LIMIT %(most)s"""


def compared_days(asked: Asked, *, now: datetime) -> list[Compared]:
    """One row per UTC day, newest first."""
    found = _by_key(_rows(OF_DAYS, asked, now=now), "key")
    return [_sums(parts, key) for (key,), parts in sorted(found.items(), reverse=True)]


def compared_pods(asked: Asked, *, now: datetime) -> list[PodCompared]:
    """One row per pod, by deployment and name."""
    found = _by_key(_rows(OF_PODS, asked, now=now), "deployment", "pod_name", "pod_id")
    return [
        PodCompared(
            **vars(_sums(parts, name)),
            pod_id=pod_id,
            pod_name=name,
            deployment=deployment,
        )
        for (deployment, name, pod_id), parts in sorted(
            found.items(), key=lambda item: item[0][:2]
        )
    ]


def compared_hours(asked: Asked, *, now: datetime, most: int) -> list[HourCompared]:
    """One row per pod and hour, newest first, at most `most`."""
    return [_hour(row) for row in _rows(OF_HOURS, asked, now=now, most=most)]


def _rows(
    statement: str, asked: Asked, *, now: datetime, most: int = 0
) -> list[dict[str, Any]]:
    values: dict[str, Any] = {
        "start": day_bounds(asked.first).start,
        "end": day_bounds(asked.last).end,
        "waited": now - UNBILLED_HOURS * HOUR - HOUR,
        "past": f"{SIMULATED_PAST}%",
        "step": KINDS_OF_LINES * STORED_STEP,  # each kind's line is rounded by itself
        "pod": asked.pod_id,
        "deployment": asked.deployment_id,
        "members": None if asked.members is None else list(asked.members),
        "simulated": asked.simulated,
        "state": asked.state,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _by_key(
    rows: Iterable[dict[str, Any]], *names: str
) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by what they have in these columns."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found


def _sums(parts: Sequence[dict[str, Any]], key: Any) -> Compared:
    """The sums of all states as one row."""
    listed = [row["listed_usd"] for row in parts]
    final, settled = _known(parts, "final_usd"), _known(parts, "settled_usd") or Decimal(0)
    return Compared(
        key=key,
        hours=sum(row["hours"] for row in parts),
        seconds=sum(int(row["seconds"]) for row in parts),
        ours_usd=sum((row["ours_usd"] for row in parts), Decimal(0)),
        listed_usd=None if None in listed else sum(listed, Decimal(0)),
        billed_usd=_known(parts, "billed_usd"),
        difference_usd=None if final is None else final - settled,
        settled_usd=settled,
        corrections_usd=sum((row["corrections_usd"] for row in parts), Decimal(0)),
        states={
            state: sum(row["hours"] for row in parts if row["state"] == state)
            for state in State
        },
    )


def _known(parts: Iterable[dict[str, Any]], name: str) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [row[name] for row in parts if row[name] is not None]
    return sum(known, Decimal(0)) if known else None


def _hour(row: dict[str, Any]) -> HourCompared:
    settled = row["is_final"] and row["billed_usd"] is not None
    return HourCompared(
        key=row["hour_start"],
        hours=1,
        seconds=int(row["seconds"] or 0),
        ours_usd=row["ours_usd"],
        listed_usd=row["listed_usd"],
        billed_usd=row["billed_usd"],
        difference_usd=row["billed_usd"] - row["ours_usd"] if settled else None,
        settled_usd=row["ours_usd"] if settled else Decimal(0),
        corrections_usd=row["corrections_usd"],
        states={State(row["state"]): 1},
        pod_id=row["pod_id"],
        pod_name=row["pod_name"] or row["provider_pod_id"],
        deployment=row["deployment"] or "",
        usd_per_hour=row["usd_per_hour"],
        listed_usd_per_hour=row["listed_usd_per_hour"],
        revision=row["revision"],
        observed_at=row["observed_at"],
        is_inferred=row["is_inferred"],
    )


def why(hour: HourCompared) -> str:
    """What explains the state of an hour, by the three figures alone."""
    if hour.worst == State.PROVISIONAL:
        return "its bucket is not closed yet; the accrued figure counts"
    if hour.worst == State.UNBILLED:
        if hour.is_inferred:
            return "the bill goes on and leaves this hour out; it was taken back to 0"
        return "the bill does not have this hour; the accrued figure counts"
    if hour.worst == State.UNEXPLAINED:
        return _why_unexplained(hour)
    difference = hour.difference_usd or Decimal(0)
    if hour.worst == State.MATCHED or difference == 0:
        return "billed as it was booked"
    by_price = (hour.billed_usd or Decimal(0)) - (hour.listed_usd or Decimal(0))
    if hour.listed_usd is not None and abs(by_price) < KINDS_OF_LINES * STORED_STEP:
        return "billed at the provider's price, which is not the agreed one"
    if not hour.usd_per_hour:
        return "the bill differs; nothing of ours says why"
    seconds = abs(difference) * 3600 / hour.usd_per_hour
    return f"as much as {seconds:.0f} s {'more' if difference > 0 else 'less'} of its price"


def _why_unexplained(hour: HourCompared) -> str:
    if hour.pod_id is None:
        return "no row of ours is this pod"
    if not hour.seconds:
        return "billed in an hour in which the pod had no second by our rows"
    return "the books and the bill differ although the bucket is closed"
