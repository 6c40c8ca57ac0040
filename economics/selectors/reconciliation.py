"""Three views of what a pod's hour cost, side by side: our seconds x the agreed price,
the same seconds at the provider's own price as it was listed last, and its bill.

Formula and states: docs/books.md. One statement reads an hour, a pod or a day.
"""

from __future__ import annotations

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
HOURS = """
WITH booked AS (
  SELECT line.pod_id, line.hour_start,
    SUM(line.amount_usd) FILTER (WHERE line.observation_id IS NULL) AS ours_usd,
    SUM(line.seconds) FILTER (WHERE line.observation_id IS NULL AND line.kind = 'gpu')
      AS seconds,
    SUM(CASE WHEN line.kind = 'gpu'
          THEN ROUND(line.listed_usd_per_hour * line.seconds / 3600, 8)
          ELSE line.amount_usd END) FILTER (WHERE line.observation_id IS NULL)
      AS listed_usd,
    BOOL_OR(line.kind = 'gpu' AND line.observation_id IS NULL
      AND line.listed_usd_per_hour IS NULL) AS listed_unknown,
    MAX(line.usd_per_hour) FILTER (WHERE line.kind = 'gpu') AS usd_per_hour,
    MAX(line.listed_usd_per_hour) AS listed_usd_per_hour,
    SUM(line.amount_usd) FILTER (WHERE line.observation_id IS NOT NULL)
      AS corrections_usd,
    COUNT(*) FILTER (WHERE line.observation_id IS NOT NULL AND line.amount_usd <> 0)
      AS moved
  FROM economics_costline line
  JOIN fleet_pod pod ON pod.id = line.pod_id AND pod.provider_id NOT LIKE %(past)s
  WHERE line.hour_start >= %(start)s AND line.hour_start < %(end)s
    AND (%(pod)s::bigint IS NULL OR line.pod_id = %(pod)s)
  GROUP BY 1, 2
), said AS (
  SELECT DISTINCT ON (provider, provider_pod_id, bucket_start)
    pod_id, provider_pod_id, bucket_start, total_usd, is_final, is_inferred, revision,
    observed_at
  FROM economics_billingobservation
  WHERE bucket_start >= %(start)s AND bucket_start < %(end)s
    AND (%(pod)s::bigint IS NULL OR pod_id = %(pod)s)
  ORDER BY provider, provider_pod_id, bucket_start, revision DESC
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
  SELECT joined.*, pod.name AS pod_name, deployment.slug AS deployment,
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
  FROM joined
  LEFT JOIN fleet_pod pod ON pod.id = joined.pod_id
  LEFT JOIN fleet_deployment deployment ON deployment.id = pod.deployment_id
  LEFT JOIN fleet_fleet fleet ON fleet.id = deployment.fleet_id
  WHERE COALESCE(fleet.simulated, FALSE) = COALESCE(%(simulated)s::boolean,
      COALESCE(fleet.simulated, FALSE))
    AND (%(deployment)s::bigint IS NULL OR deployment.id = %(deployment)s)
    AND (%(members)s::bigint[] IS NULL OR deployment.id = ANY(%(members)s))
)
"""
SUMS = """
  COUNT(*) AS hours, COALESCE(SUM(seconds), 0) AS seconds, SUM(ours_usd) AS ours_usd,
  CASE WHEN BOOL_OR(listed_usd IS NULL) THEN NULL ELSE SUM(listed_usd) END AS listed_usd,
  SUM(billed_usd) AS billed_usd,
  SUM(billed_usd - ours_usd) FILTER (WHERE is_final) AS difference_usd,
  COALESCE(SUM(ours_usd) FILTER (WHERE is_final), 0) AS settled_usd,
  SUM(corrections_usd) AS corrections_usd
"""
COUNTS = ", ".join(
    f"COUNT(*) FILTER (WHERE state = '{state}') AS {state}" for state in State
)
ONLY = "WHERE (%(state)s = '' OR state = %(state)s)"
OF_DAYS = f"""{HOURS}
SELECT (hour_start AT TIME ZONE 'UTC')::date AS key, {SUMS}, {COUNTS} FROM judged {ONLY}
GROUP BY 1 ORDER BY 1 DESC"""
OF_PODS = f"""{HOURS}
SELECT pod_id, COALESCE(MAX(pod_name), MAX(provider_pod_id)) AS pod_name,
  COALESCE(MAX(deployment), '') AS deployment, {SUMS}, {COUNTS} FROM judged {ONLY}
GROUP BY pod_id, CASE WHEN pod_id IS NULL THEN provider_pod_id END
ORDER BY 3, 2"""
OF_HOURS = f"""{HOURS}
SELECT * FROM judged {ONLY}
ORDER BY hour_start DESC, pod_name, provider_pod_id LIMIT %(most)s"""


def compared_days(asked: Asked, *, now: datetime) -> list[Compared]:
    """One row per UTC day, newest first."""
    return [_sums(row, row["key"]) for row in _rows(OF_DAYS, asked, now=now)]


def compared_pods(asked: Asked, *, now: datetime) -> list[PodCompared]:
    """One row per pod, by deployment and name."""
    return [
        PodCompared(
            **vars(_sums(row, row["pod_name"])),
            pod_id=row["pod_id"],
            pod_name=row["pod_name"],
            deployment=row["deployment"],
        )
        for row in _rows(OF_PODS, asked, now=now)
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


def _sums(row: dict[str, Any], key: Any) -> Compared:
    return Compared(
        key=key,
        hours=row["hours"],
        seconds=int(row["seconds"]),
        ours_usd=row["ours_usd"],
        listed_usd=row["listed_usd"],
        billed_usd=row["billed_usd"],
        difference_usd=row["difference_usd"],
        settled_usd=row["settled_usd"],
        corrections_usd=row["corrections_usd"],
        states={state: row[state.value] for state in State},
    )


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
