"""The profit page: figures of some days, what they are made of, and what was missing."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_of
from economics.calc.profit_parts import COSTS, LABELS, Part
from economics.calc.unknown import Unknown
from economics.charts.profit_waterfall import finding, waterfall_steps
from economics.selectors.profit.cells import booked_of, profit_cells, total
from economics.selectors.profit.owners import KINDS, Owner, profit_owners
from economics.selectors.profit.scope import MOST_DAYS, Wanted
from economics.selectors.profit.weekdays import compared_day
from economics.views.profit_charts import (
    grouping_of,
    lines_url,
    owner_link,
    wanted_of,
)
from fleet.access import viewer_required

WIDEST = 95  # percent of a bullet bar, so that its longest mark ends inside


@require_GET
@viewer_required
def profit(request: HttpRequest) -> HttpResponse:
    """The frame and the filter; the figures and charts come by themselves."""
    now = timezone.now()
    wanted = wanted_of(request, now)
    by = grouping_of(request)
    context = frame_of(wanted, now=now)
    context |= {"by": by, "kinds": KINDS, "query": wanted.address(by=by)}
    return render(request, "economics/profit.html", context)


def frame_of(wanted: Wanted, *, now: datetime) -> dict[str, Any]:
    """What the filter form of the page and of the lines needs."""
    choices = wanted.choices
    return {
        "now": now,
        "wanted": wanted,
        "most_days": MOST_DAYS,
        "fleets": sorted({(each.fleet.slug, each.fleet.name) for each in choices}),
        "models": sorted(
            {
                (each.variant.served_model.slug, each.variant.served_model.name)
                for each in choices
            }
        ),
        "deployments": [each.slug for each in choices],
    }


@require_GET
@viewer_required
def profit_figures(request: HttpRequest) -> HttpResponse:
    """The figures of the days with their formulas, beside the same weekday before."""
    now = timezone.now()
    wanted = wanted_of(request, now)
    context: dict[str, Any] = {"wanted": wanted, "now": now}
    if not wanted.fault:
        booked = booked_of(wanted)
        whole = total(profit_cells(wanted, now=now, booked=booked))
        context |= {
            "whole": whole,
            "finding": finding(whole, wanted.day_count),
            "fees_usd": whole.of(Part.FEES),
            "take_rate": booked[wanted.end].takes.on(day_of(now)),
            "idle_usd": whole.of(Part.IDLE),
            "avoidable_usd": whole.cost_usd - whole.shared_usd,
            "costs": [
                (step.label, -step.usd)
                for step in waterfall_steps(whole)
                if step.bar in COSTS
            ],
            "links": {
                bar: lines_url(wanted, bar) for bar in ("profit", "net", "cost", "idle")
            },
            "compared": compared_day(wanted),
        }
    return render(request, "economics/_profit_figures.html", context)


@require_GET
@viewer_required
def profit_targets(request: HttpRequest) -> HttpResponse:
    """Each model, deployment or fleet with its margin, unit costs and targets."""
    now = timezone.now()
    wanted, by = wanted_of(request, now), grouping_of(request)
    owners = [] if wanted.fault else profit_owners(wanted, by, now=now)
    context = {
        "wanted": wanted,
        "by": by.removesuffix("s"),
        "rows": [owner_row(each, wanted, by) for each in owners],
        "idle_label": LABELS[Part.IDLE],
    }
    return render(request, "economics/_profit_targets.html", context)


def owner_row(owner: Owner, wanted: Wanted, by: str) -> dict[str, Any]:
    """A row of the targets: the owner, its links and the places of its bullet bar."""
    figures = owner.figures
    tokens, share = figures.break_even_tokens, figures.break_even_utilization
    return {
        "owner": owner,
        "gap_tokens": None
        if isinstance(tokens, Unknown)
        else tokens - figures.counts.total,
        "cannot": not isinstance(share, Unknown) and share > 1,
        "figures": figures,
        "idle_usd": figures.of(Part.IDLE),
        "fees_usd": figures.of(Part.FEES),
        "avoidable_usd": figures.cost_usd - figures.shared_usd,
        "link": owner_link(wanted, by, owner.slug),
        "idle_link": owner_link(wanted, by, owner.slug, "idle"),
        "bullet": bullet_of(owner),
    }


def bullet_of(owner: Owner) -> dict[str, float] | None:
    """Percent of the bar of net revenue and of the cost it has to reach; None where no
    revenue can be compared."""
    net, cost = owner.figures.net_revenue_usd, owner.figures.cost_usd
    top = max(net, cost)
    if top <= 0 or not owner.figures.counts.total:
        return None
    return {
        "earned": round(float(WIDEST * max(net, Decimal(0)) / top), 3),
        "needed": round(float(WIDEST * max(cost, Decimal(0)) / top), 3),
    }
