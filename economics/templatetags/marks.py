"""Small drawings made by the server: health strips, sparklines, the break-even bar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from django import template

from economics.calc.money import shown_usd
from economics.charts import Span, sparkline_points, strip_segments
from economics.charts.sparkline import zero_line

register = template.Library()

SPARK_WIDTH, SPARK_HEIGHT = 112, 26
# Kind and height of a segment: the height tells states apart without colour.
LOOK = {
    "ready": ("healthy", 100),
    "busy": ("healthy", 100),
    "loading": ("starting", 65),
    "starting": ("starting", 40),
    "hung": ("down", 100),
    "dead": ("down", 100),
    "unknown": ("unknown", 25),
}


class HeldSpan(Protocol):
    """A state held in [start, end)."""

    state: str
    start: datetime
    end: datetime | None


@register.inclusion_tag("components/_strip.html")
def health_strip(
    spans: Iterable[HeldSpan] | None, now: datetime, axis: bool = False
) -> dict[str, Any]:
    """The last 24 hours of a pod. `axis` writes the hours below it."""
    start = now - timedelta(hours=24)
    strip = strip_segments(
        [Span(span.state, span.start, span.end) for span in spans or ()], start, now
    )
    bars = [
        {"segment": segment, "kind": kind, "height": height, "top": 100 - height}
        for segment in strip.segments
        if segment.state in LOOK
        for kind, height in [LOOK[segment.state]]
    ]
    return {"bars": bars, "strip": strip, "axis": axis, "start": start, "now": now}


@register.inclusion_tag("components/_sparkline.html")
def sparkline(values: Sequence[Decimal | None] | None, words: str) -> dict[str, Any]:
    """A row's last days as a line; `words` is its text alternative."""
    known = values or ()
    days = [value for value in known if value is not None]
    if days:
        words = (
            f"{words}: lowest {shown_usd(min(days))}, highest {shown_usd(max(days))}, "
            f"latest {shown_usd(days[-1])}"
        )
    return {
        "path": sparkline_points(known, SPARK_WIDTH, SPARK_HEIGHT),
        "zero": zero_line(known, SPARK_HEIGHT),
        "width": SPARK_WIDTH,
        "height": SPARK_HEIGHT,
        "words": words,
    }
