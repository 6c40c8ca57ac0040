"""Guardrails as files: each limit beside what it sees, and every trip; exact, in UTC.

The numbers of a row are in the unit that it names: USD, USD/h or h.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.guardrails import LEVELS, RULES, Rule
from economics.models import GuardrailTrip
from economics.selectors.guardrails.board import LimitRow, board
from fleet.access import viewer_required
from fleet.views.files import MOST_ROWS, file_of, instant

LIMIT_COLUMNS = (
    *("rule", "what", "fleet", "unit", "now", "made_of", "not_known_because"),
    *(level.value for level in LEVELS),
    *("counted_from_day_utc", "version", "effective_from_utc", "set_by", "set_at_utc"),
    "note",
)
TRIP_COLUMNS = (
    *("opened_at_utc", "rule", "level", "fleet", "subject", "unit", "seen", "worst"),
    *("limit", "sentence", "action", "closed_at_utc", "closed_because"),
)


@require_GET
@viewer_required
def limits_csv(request: HttpRequest) -> HttpResponse:
    """The limits that count now; what is not known or not set is empty."""
    return file_of(
        "guardrail-limits", LIMIT_COLUMNS, map(limit_cells, board(now=timezone.now()))
    )


def limit_cells(row: LimitRow) -> list[object]:
    """One limit with its numbers."""
    limit = row.limit
    return [
        *(row.rule.value, row.facts.name, limit.fleet or "all fleets", row.facts.unit),
        *(row.number, row.made_of, row.why),
        *(limit.thresholds.of(level) for level in LEVELS),
        *(limit.counted_from, limit.version, instant(limit.effective_from)),
        *(limit.set_by, instant(limit.set_at), limit.note),
    ]


@require_GET
@viewer_required
def trips_csv(request: HttpRequest) -> HttpResponse:
    """Every trip, newest first; the page shows 50."""
    newest = GuardrailTrip.objects.select_related("fleet").order_by("-opened_at", "-pk")
    return file_of("guardrail-trips", TRIP_COLUMNS, map(trip_cells, newest[:MOST_ROWS]))


def trip_cells(trip: GuardrailTrip) -> list[object]:
    """One trip; an open one has no end."""
    return [
        *(instant(trip.opened_at), trip.rule, trip.level, trip.fleet or "all fleets"),
        *(trip.subject, RULES[Rule(trip.rule)].unit, trip.observed, trip.worst),
        *(trip.limit_value, trip.sentence, trip.action),
        *(instant(trip.closed_at), trip.closed_because),
    ]
