"""What the frame of every page shows, by one statement: it is read at each look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from fleet.models import DEMO_SLUGS, JobResult, Severity
from fleet.selectors.alerts import OpenCount
from fleet.selectors.holds import FLIP_WINDOW, HOLD_TARGET, HOLD_VERB
from fleet.selectors.jobs import LOOKED_BACK, WATCHED, Heartbeat, heartbeat_of
from fleet.selectors.listings import JOBS, PODS

FRAME = """
SELECT 'sign' AS part, run.name, max(run.started_at) AS at, '' AS words, 0 AS n
FROM fleet_jobrun AS run
WHERE run.started_at > %(since)s AND run.name = ANY(%(watched)s)
  AND run.result <> %(skipped)s
GROUP BY run.name
UNION ALL
SELECT 'sign', %(pods)s, max(run.started_at), '', 0 FROM fleet_jobrun AS run
WHERE run.started_at > %(since)s AND run.name = %(pods)s AND run.result = %(ok)s
HAVING count(*) > 0
UNION ALL
SELECT 'sign', list.what, list.read_at, '', 0 FROM fleet_cloudlisting AS list
WHERE list.provider = %(provider)s
UNION ALL
(SELECT 'hold', '', entry.at, entry.figures ->> 'reason', 0 FROM fleet_auditentry AS entry
WHERE entry.target = %(target)s AND entry.verb = %(verb)s AND entry.at > %(held_since)s
ORDER BY entry.at DESC, entry.id DESC LIMIT 1)
UNION ALL
SELECT 'stop', stop.pulled_by, stop.pulled_at, stop.reason, 0
FROM fleet_spendingstop AS stop WHERE stop.released_at IS NULL
UNION ALL
SELECT 'alerts', max(incident.severity)::text, NULL, '', count(*)
FROM fleet_incident AS incident
WHERE incident.opened_at IS NOT NULL AND incident.closed_at IS NULL
UNION ALL
SELECT 'view', kept.name, NULL, kept.address, kept.position FROM fleet_savedview AS kept
WHERE kept.user_id = %(user)s
UNION ALL
(SELECT 'demo', '', NULL, '', 0 FROM fleet_deployment AS made
WHERE made.slug = ANY(%(demo)s) LIMIT 1)
"""


class Stopped(NamedTuple):
    """New spending is stopped: by whom, since when, and why."""

    pulled_by: str
    pulled_at: datetime
    reason: str


class KeptView(NamedTuple):
    """A page with its filters that the reader gave a name."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page says of the console itself.

    hold    why no rule may act on health now; "" while they may
    stop    the spending switch while it is pulled
    alerts  open incidents
    views   the reader's own saved views in their order
    demo    the demo's made-up past is among the rows
    """

    heartbeat: Heartbeat
    hold: str = ""
    stop: Stopped | None = None
    alerts: OpenCount = field(default_factory=lambda: OpenCount(0, None))
    views: Sequence[KeptView] = ()
    demo: bool = False


def frame(*, now: datetime, user: int | None = None) -> Frame:
    """One query, and one more where a job or a list is not heard of.

    user  the reader's id, for the views that they keep
    """
    with connection.cursor() as cursor:
        cursor.execute(FRAME, _asked(now) | {"user": user})
        rows = cursor.fetchall()
    signs: dict[str, datetime] = {}
    hold, stop, alerts = "", None, OpenCount(0, None)
    views: list[tuple[int, KeptView]] = []
    is_demo = False
    for part, name, at, words, count in rows:
        if part == "sign":
            signs[name] = at
        elif part == "hold":
            hold = str(words)
        elif part == "stop":
            stop = Stopped(pulled_by=name, pulled_at=at, reason=words)
        elif part == "demo":
            is_demo = True
        elif part == "view":
            views.append((count, KeptView(name, words)))
        elif count:
            alerts = OpenCount(count, Severity(int(name)))
    heartbeat = heartbeat_of(signs, now=now)
    return Frame(
        heartbeat, hold, stop, alerts, [view for _, view in sorted(views)], is_demo
    )


def _asked(now: datetime) -> dict[str, Any]:
    return {
        "since": now - LOOKED_BACK,
        "watched": list(WATCHED),
        "skipped": JobResult.SKIPPED.value,
        "ok": JobResult.OK.value,
        "pods": JOBS[PODS],
        "provider": settings.PROVIDER_NAME,
        "target": HOLD_TARGET,
        "verb": HOLD_VERB,
        "held_since": now - FLIP_WINDOW,
        "demo": list(DEMO_SLUGS),
    }


def heartbeats(*, now: datetime) -> Heartbeat:
    """The newest sign of life, and which of the frequent jobs are silent."""
    return frame(now=now).heartbeat
