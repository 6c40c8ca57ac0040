"""Links to the usual days, and to the days beside those that are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from economics.calc.hours import day_of
from economics.calc.periods import earlier, later, usual_periods
from economics.selectors.day_filter import MOST_DAYS
from economics.selectors.reconciliation_filter import read_day

register = template.Library()


@register.inclusion_tag("economics/_periods.html", takes_context=True)
def periods(context: Any, first: str, last: str, now: datetime) -> dict[str, Any]:
    """The links of a page of days [first, last], as its address writes them.

    What cannot be read as days has no days beside it, and is none of the usual ones.
    """
    today = day_of(now)
    begin, end = read_day(first), read_day(last)
    links: dict[str, Any] = {
        "request": context["request"],
        "periods": usual_periods(today),
        "shown": (begin, end),
    }
    if begin is not None and end is not None and 0 <= (end - begin).days < MOST_DAYS:
        links["earlier"] = earlier(begin, end)
        links["later"] = later(begin, end, today=today)
    return links
