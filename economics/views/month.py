"""The statement of a month, made for print."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_of
from economics.calc.months import read_month
from economics.selectors import kinds_of_money
from economics.selectors.days import newest_closed_day
from economics.selectors.month import month_statement
from economics.views.charts import money_asked
from economics.views.days import USES
from fleet.access import viewer_required


@require_GET
@viewer_required
def month(request: HttpRequest) -> HttpResponse:
    """The month that is asked for; else that of the newest closed day."""
    now = timezone.now()
    kinds = kinds_of_money()
    simulated = money_asked(request, kinds)
    asked = request.GET.get("month", "").replace("\x00", "").strip()[:40]
    newest = newest_closed_day() or day_of(now)
    first = read_month(asked) if asked else newest.replace(day=1)
    context = {
        "now": now,
        "simulated": simulated,
        "money": "simulated" if simulated else "real",
        "has_both": len(kinds) > 1,
        "asked": asked,
    }
    if first is None:
        context["fault"] = f"Month is {asked!r}; write it as 2026-03."
        return render(request, "economics/month.html", context)
    told = month_statement(first, simulated=simulated, now=now)
    uses = told.uses
    context |= {
        "told": told,
        "asked": f"{first:%Y-%m}",
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{told.last + timedelta(days=1):%Y-%m}",
        "uses": []
        if uses is None
        else [(label, getattr(uses, name)) for name, label in USES[:-1]],
    }
    return render(request, "economics/month.html", context)
