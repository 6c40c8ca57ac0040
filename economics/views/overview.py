"""The overview: did today make money so far, and is anything wrong?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.profit import Provenance, weakest
from economics.calc.unknown import Unknown
from economics.charts import Bullet, break_even_bullet
from economics.models import Scope
from economics.selectors import (
    DaySums,
    ScopeToday,
    Today,
    today,
    unattributed_pods,
    unattributed_resources,
    unpriced_models,
)
from economics.selectors.first_steps import first_steps
from economics.selectors.guardrails.board import alarms as guardrail_alarms
from economics.selectors.guardrails.trips import open_trips
from economics.selectors.past import Past, past
from economics.selectors.today import Now, read_now
from economics.views.charts import money_asked
from fleet.access import viewer_required
from fleet.models import Deployment, Fleet, JobRun, Pod
from fleet.selectors import account
from fleet.selectors.account import further_accounts
from fleet.selectors.serverless import rental_endpoints
from fleet.selectors.standing import Strays, standing
from fleet.views.states import WORST_FIRST, State, deployment_state, pod_state, worst

DEMO_JOB = "make_demo"


@dataclass(frozen=True)
class Row:
    """A fleet or a deployment in the table. `spark` is profit a day, oldest first."""

    name: str
    address_pk: int
    state: State
    today: ScopeToday
    spark: list[Decimal | None]
    deployments: Sequence[Row] = ()
    fleet: Fleet | None = None


def table_rows(figures: Today, pods: list[Pod], before: Past) -> list[Row]:
    """Fleets of one kind of money with their deployments."""
    by_deployment: dict[int, list[Pod]] = defaultdict(list)
    for pod in pods:
        by_deployment[pod.deployment_id].append(pod)
    by_fleet: dict[int, list[Row]] = defaultdict(list)
    endpoints = rental_endpoints(figures.listed)
    for deployment in figures.listed:
        own = by_deployment[deployment.pk]
        by_fleet[deployment.fleet_id].append(
            Row(
                name=deployment.slug,
                address_pk=deployment.pk,
                state=deployment_state(
                    deployment, own, endpoint=endpoints.get(deployment.pk), now=figures.now
                ),
                today=figures.deployments[deployment.pk],
                spark=before.sparks[Scope.DEPLOYMENT, deployment.pk],
            )
        )
    return [
        Row(
            name=fleet.name,
            address_pk=fleet.pk,
            state=worst(row.state for row in by_fleet[fleet.pk]),
            today=figures.fleets[fleet.pk],
            spark=before.sparks[Scope.FLEET, fleet.pk],
            deployments=by_fleet[fleet.pk],
            fleet=fleet,
        )
        for fleet in {each.fleet_id: each.fleet for each in figures.listed}.values()
    ]


def pod_counts(pods: list[Pod], *, now: datetime) -> list[tuple[str, str]]:
    """How many pods are in each state, worst first: [("down", "1 down"), …]."""
    counted = Counter(pod_state(pod, now=now).kind for pod in pods)
    return [(kind, f"{counted[kind]} {kind}") for kind in WORST_FIRST if counted[kind]]


def tags_of(sums: DaySums, *, simulated: bool) -> dict[str, str]:
    """How revenue, cost and tokens are known, each by the tags that it can have.

    The sums carry one set of tags for both sides; where a tag could belong to either,
    both get it: a figure never looks surer than it is.
    """
    if simulated:
        return dict.fromkeys(("revenue", "cost", "tokens"), Provenance.SIMULATED.value)
    guessed = Provenance.ESTIMATED in sums.tags
    return {
        "revenue": (Provenance.ESTIMATED if guessed else Provenance.MEASURED).value,
        "cost": weakest(sums.tags - {Provenance.MEASURED}).value,
        "tokens": (Provenance.ESTIMATED if guessed else Provenance.MEASURED).value,
    }


def bullet_of(figures: Today) -> Bullet:
    """Earned so far against what pays for the whole day."""
    whole, projected = figures.whole, figures.whole.projected_usd
    return break_even_bullet(
        earned=whole.figures.revenue_usd,
        needed=whole.needed_usd,
        needed_by_now=whole.figures.break_even_revenue_usd,
        projected=None if isinstance(projected, Unknown) else projected,
    )


def today_context(request: HttpRequest, now: datetime, there_is: Now) -> dict[str, Any]:
    """What changes while one looks."""
    kinds = there_is.kinds
    simulated = money_asked(request, kinds)
    figures = today(now, simulated=simulated, there_is=there_is)
    pods = there_is.live(simulated=simulated)
    before = past(now, simulated=simulated, members=figures.deployments)
    billed, beside = there_is.billed(), there_is.beside
    whole, week_ago = figures.whole, before.week_ago
    return {
        "now": now,
        "money": "simulated" if simulated else "real",
        "simulated": simulated,
        "has_both": len(kinds) > 1,
        "figures": figures,
        "whole": whole,
        "sums": whole.sums,
        "tags": tags_of(whole.sums, simulated=simulated),
        "fees_usd": whole.sums.fee_usd,
        "take_rate": whole.figures.take_rate,
        "bullet": bullet_of(figures),
        "cannot_break_even": isinstance(whole.needed_usd, Unknown),
        "before_usd": week_ago,
        "delta_usd": None if week_ago is None else whole.figures.profit_usd - week_ago,
        "weekday": f"{now:%A}",
        "account": account(now=now, billed=billed, beside=beside),
        "further_accounts": further_accounts(
            now=now, pods=pods, billed=billed, beside=beside
        ),
        "pod_counts": pod_counts(pods, now=now),
        "rows": table_rows(figures, pods, before),
    }


def urgent(strays: Strays) -> dict[str, Any]:
    """The alarms that can not wait: what nobody ordered, limits that are reached."""
    return {"trips": guardrail_alarms(open_trips()), "strays": strays}


def alarms() -> dict[str, Any]:
    """What is billed or sold outside of every figure. Six queries."""
    return urgent(standing().strays()) | {
        "unpriced": unpriced_models(),
        "unattributed": unattributed_pods(),
        "unattributed_resources": unattributed_resources(),
    }


@require_GET
@viewer_required
def overview(request: HttpRequest) -> HttpResponse:
    """The first page. Without any deployment: two doors."""
    now = timezone.now()
    there_is = read_now(now)
    context = urgent(there_is.beside.strays())
    if not there_is.deployments:
        return render(request, "economics/first_run.html", context | demo_state())
    context |= today_context(request, now, there_is)
    context["is_first"] = True  # the page asks for the other alarms
    return render(request, "economics/overview.html", context)


def demo_state() -> dict[str, Any]:
    """The newest run of the job that makes the demo, None before the first."""
    return {"run": JobRun.objects.filter(name=DEMO_JOB).first(), "now": timezone.now()}


@require_GET
@viewer_required
def overview_demo(request: HttpRequest) -> HttpResponse:
    """The demo's door as a fragment; once there is a deployment it opens the overview."""
    if Deployment.objects.exists():
        return HttpResponse(headers={"HX-Redirect": reverse("economics:overview")})
    return render(request, "economics/_demo_door.html", demo_state())


@require_GET
@viewer_required
def overview_live(request: HttpRequest) -> HttpResponse:
    """The figures as a fragment."""
    now = timezone.now()
    context = today_context(request, now, read_now(now))
    return render(request, "economics/_overview.html", context)


@require_GET
@viewer_required
def overview_alarms(request: HttpRequest) -> HttpResponse:
    """The alarms as a fragment."""
    return render(request, "economics/_alarms.html", alarms())


@require_GET
@viewer_required
def overview_steps(request: HttpRequest) -> HttpResponse:
    """The first steps as a fragment; nothing once all are done."""
    steps = first_steps(now=timezone.now())
    done = sum(step.is_done for step in steps)
    following = next((step for step in steps if not step.is_done), None)
    context = {"steps": steps, "done": done, "following": following}
    return render(request, "economics/_first_steps.html", context)
