"""The plan page: every way to serve a model, ranked, with its money and its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_GET

from economics.calc.unknown import Unknown
from economics.planner.compare import compared
from economics.planner.hardware import hardware_table
from economics.planner.mix import completion_of, prompt_cached
from economics.planner.option import Machine, PlanOption
from economics.planner.question import PlanQuestion
from economics.selectors.plan import PlanAnswer
from economics.views.plan_asked import Asked, answer_of, asked, chosen_of
from economics.views.plan_form import PlanForm
from economics.views.plan_launch import launch_context
from fleet.access import viewer_required
from fleet.selectors.providers import provider_names
from fleet.selectors.speeds import waiting_since

USUAL_WAIT = timedelta(minutes=2)  # until all speeds of a question are there
TRAFFIC = ("prompt_tokens", "completion_tokens", "cached_share")
SHOWN = 25  # options of the list that are written out at first


@dataclass(frozen=True, slots=True)
class Refused:
    """Machines that do not fit for one reason, and where they are offered."""

    shape: str
    machine: Machine
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    providers: str


def slider_starts(question: PlanQuestion) -> dict[str, str]:
    """Where the sliders of the mix stand before they are turned, in whole percents."""
    start = question.start_mix
    shares = {"cached_if": prompt_cached(start), "completion_if": completion_of(start)}
    return {
        name: f"{share.numerator / Decimal(share.denominator):.2f}"
        for name, share in shares.items()
    }


def written_starts(form: PlanForm) -> dict[str, str]:
    """The same of a question that is refused, where its traffic at least is understood."""
    written = [form.cleaned_data[name] for name in TRAFFIC if name in form.cleaned_data]
    if len(written) < len(TRAFFIC) or None in written:
        return {}
    prompt, completion, cached = (Decimal(each) for each in written)
    if min(prompt, completion) < 0 or not prompt + completion or not 0 <= cached < 1:
        return {}
    share = completion / (prompt + completion)
    return {"cached_if": f"{cached:.2f}", "completion_if": f"{share:.2f}"}


@require_GET
@viewer_required
def plan(request: HttpRequest) -> HttpResponse:
    """The page; asked by htmx, the results alone."""
    now = timezone.now()
    context = plan_context(request, asked(request, now=now), now=now)
    part = bool(request.headers.get("HX-Request"))
    name = "economics/_plan_answer.html" if part else "economics/plan.html"
    response = render(request, name, context)
    # Page and part have one address: without this, Forward shows the part as a page.
    patch_vary_headers(response, ("HX-Request",))
    if part:
        patch_cache_control(response, no_store=True)
    return response


def plan_context(request: HttpRequest, seen: Asked, *, now: datetime) -> dict[str, Any]:
    """Everything that the page shows."""
    context: dict[str, Any] = {
        "form": seen.form,
        "facts": seen.facts,
        "model_choices": seen.models,
        "filters": seen.filters,
        "now": now,
        "query": request.GET.urlencode(),
        "connected": provider_names(),
    }
    found = seen.answer
    if found is None:
        return context | {"starts": written_starts(seen.form)}
    chosen = chosen_of(found, request.GET.get("option", ""))
    every = "all" in request.GET
    named = seen.form.cleaned_data["option"]
    picked = [
        option for key in seen.form.compare if (option := found.option(key)) is not None
    ]
    fitting = found.fitting
    shown = fitting if every else fitting[:SHOWN]
    there = {option.machine.key for option in shown}
    # What is compared keeps its box, or the next move of a slider would drop it.
    shown = shown + [option for option in picked if option.machine.key not in there]
    return context | {
        "answer": found,
        "options": shown,
        "hidden": len(fitting) - sum(option.machine.fitting.ok for option in shown),
        "every": every,
        "chosen": chosen,
        "not_offered": named if named and found.option(named) is None else "",
        "before": None if chosen is None else found.before(chosen),
        "compared": picked,
        "compare_keys": {option.machine.key for option in picked},
        "compare_rows": compared(picked) if len(picked) > 1 else [],
        "mix": found.what_if.assumed.mix.shares,
        "starts": slider_starts(found.question),
        "no_price": (
            found.what_if.rates.reason if isinstance(found.what_if.rates, Unknown) else ""
        ),
        "hardware": hardware_table(found.options),
        "waiting": len(found.missing),
        **waiting_context(found, now=now),
        **launch_context(chosen, found),
    }


def waiting_context(found: PlanAnswer, *, now: datetime) -> dict[str, Any]:
    """Since when speeds are waited for, and whether that is longer than usual."""
    since = waiting_since(found.missing) if found.missing else None
    late = since is not None and now - since > USUAL_WAIT
    return {"waiting_since": since, "waiting_late": late}


def refused(options: Sequence[PlanOption]) -> list[Refused]:
    """What does not fit, a line a shape: its providers differ only in price."""

    def shape(option: PlanOption) -> tuple[str, str, int]:
        machine = option.machine
        return (machine.precision, machine.gpu_name, machine.gpu_count)

    lines = []
    for (precision, gpu, count), group in groupby(sorted(options, key=shape), key=shape):
        same = list(group)
        fitting = same[0].machine.fitting
        names = sorted({f"{each.machine.provider}" for each in same})
        lines.append(
            Refused(
                f"{count}× {gpu}, {precision.upper()}",
                same[0].machine,
                fitting.reasons,
                fitting.changes,
                ", ".join(names),
            )
        )
    return lines


@require_GET
@viewer_required
def plan_refused(request: HttpRequest) -> HttpResponse:
    """What does not fit, with the smallest changes: they take longer than the rest."""
    found = answer_of(request.GET, now=timezone.now(), with_changes=True).answer
    lines = [] if found is None else refused(found.not_fitting)
    return render(request, "economics/_plan_refused.html", {"refused": lines})
