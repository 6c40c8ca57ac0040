"""The bullet bar: revenue earned today against the revenue that breaks even today."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.calc.unknown import Unknown
from economics.charts.chart import MISSING, ChartTable

HEADROOM = Decimal("1.1")  # the longest mark ends inside the bar


@dataclass(frozen=True)
class Bullet:
    """Positions in percent of the bar; None: not known, so not drawn."""

    earned_percent: float
    needed_percent: float | None
    pace_percent: float | None
    projected_percent: float | None
    scale_usd: Decimal
    is_past_break_even: bool | None
    caption: str
    table: ChartTable


def break_even_bullet(
    *,
    earned: Decimal,
    needed: Decimal | Unknown,
    needed_by_now: Decimal | Unknown,
    projected: Decimal | None,
) -> Bullet:
    """The bar of one day [USD of gross revenue].

    needed         gross revenue that pays the whole day's cost, the take rate included
    needed_by_now  the same for the cost so far: scheduled hours do not cost evenly
    projected      gross revenue at the end of the day at today's pace; None: too early
    """
    need = None if isinstance(needed, Unknown) else needed
    pace = None if isinstance(needed_by_now, Unknown) else needed_by_now
    top = max(earned, need or Decimal(0), projected or Decimal(0)) * HEADROOM

    def percent(amount: Decimal | None) -> float | None:
        if amount is None:
            return None
        return round(float(100 * amount / top), 3) if top > 0 else 0.0

    return Bullet(
        earned_percent=percent(max(earned, Decimal(0))) or 0.0,
        needed_percent=percent(need),
        pace_percent=percent(pace),
        projected_percent=percent(projected),
        scale_usd=top,
        is_past_break_even=None if need is None else earned >= need,
        caption=_caption(earned, needed, projected),
        table=_table(earned, needed, pace, projected),
    )


def _caption(earned: Decimal, needed: Decimal | Unknown, projected: Decimal | None) -> str:
    if isinstance(needed, Unknown):
        return f"Earned {shown_usd(earned)} today. Break-even is {needed}."
    if earned >= needed:
        verdict = f"past break-even by {shown_usd(earned - needed)}"
    else:
        verdict = f"{shown_usd(needed - earned)} short of break-even"
    sentence = f"Earned {shown_usd(earned)} of {shown_usd(needed)} needed today: {verdict}."
    if projected is None:
        return sentence
    return f"{sentence} At this pace ≈{shown_usd(projected)} by 24:00 UTC."


def _table(
    earned: Decimal,
    needed: Decimal | Unknown,
    pace: Decimal | None,
    projected: Decimal | None,
) -> ChartTable:
    need = MISSING if isinstance(needed, Unknown) else shown_usd(needed)
    return ChartTable(
        ("gross revenue of today", "USD"),
        (
            ("earned so far", shown_usd(earned)),
            ("needed for the whole day", need),
            ("needed by now", MISSING if pace is None else shown_usd(pace)),
            ("projected", MISSING if projected is None else f"≈{shown_usd(projected)}"),
        ),
    )
