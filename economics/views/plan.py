"""The plan page: every way to serve a model, ranked, with its money and its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_GET, require_POST

from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.charts.chart import Chart
from economics.charts.cost_speed import CostSpeed, cost_speed
from economics.charts.frontier_map import frontier_map
from economics.planner.compare import compared
from economics.planner.frontier import frontier
from economics.planner.hardware import hardware_table
from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.plan_filter import Choices, filter_choices, narrowed
from economics.selectors.planned_models import choices, planned_model
from economics.views.plan_form import PlanForm
from fleet.selectors.launch import launch_of
from fleet.selectors.speeds import waiting_since
from fleet.services.known_models import NotServable, WantedWeights, ensure_variant
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring
from fleet.vllm.command import SHOWN_KEY, ServeSpec
from fleet.vllm.parsers import parsers_of

LONGEST_QUERY = 4_000  # characters of an address
FIRST_MODEL = "llama-3.1-8b"  # before one is chosen
USUAL_WAIT = timedelta(minutes=2)  # until all speeds of a question are there
SHOWN = 25  # options of the list that are written out at first
UTILIZATIONS = [Decimal(n) / 20 for n in range(21)]
FACTORS = [Decimal(n) / 10 for n in range(1, 31)]


@dataclass(frozen=True, slots=True)
class Refused:
    """Machines that do not fit for one reason, and where they are offered."""

    shape: str
    reasons: tuple[str, ...]
    changes: tuple[str, ...]
    providers: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asked, and the answer; None where the form says what is wrong."""

    form: PlanForm
    models: list[tuple[str, str]]
    facts: ModelFacts | None
    answer: PlanAnswer | None
    filters: Choices = field(default_factory=dict)


def asked(request: HttpRequest, *, now: datetime) -> Asked:
    """The question of an address with its answer; missing speeds are asked for."""
    seen = answer_of(request.GET, now=now)
    if seen.answer is not None and seen.answer.missing:
        want(seen.answer.missing[:MOST_WANTED], now=now)
        ring(estimate_speeds)
    return seen


def answer_of(address: QueryDict, *, now: datetime, with_changes: bool = False) -> Asked:
    """The question of an address with its answer; changes nothing."""
    models = choices()
    slug = str(address.get("model", "")).replace("\x00", "")[:80]
    model = planned_model(slug or FIRST_MODEL)
    facts = None if model is None else model_facts(model, now=now)
    initial: dict[str, Any] = {"take_rate": settings.TAKE_RATE}
    if facts is not None:
        initial |= {"model": facts.model.slug, **facts.form_defaults}
    form = PlanForm(address, initial=initial)
    if facts is None:
        form.is_valid()
        form.add_error(
            "model",
            f"Model {slug[:60]!r} is unknown; choose one of the {len(models)} listed, or "
            "bring its config.json.",
        )
        return Asked(form, models, None, None)
    question = form.question()
    if question is None:
        return Asked(form, models, facts, None)
    found = answer(question, facts, now=now, with_changes=with_changes)
    filters = filter_choices(found)
    wanted = form.filter(filters)
    narrow = None if wanted is None else narrowed(found, wanted)
    return Asked(form, models, facts, narrow, filters)


def chosen_of(found: PlanAnswer, key: str) -> PlanOption | None:
    """The option that the address names, else the first that fits."""
    option = found.option(key)
    if option is not None:
        return option
    return found.fitting[0] if found.fitting else None


@require_GET
@login_required
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
    }
    found = seen.answer
    if found is None:
        return context
    chosen = chosen_of(found, request.GET.get("option", ""))
    every = "all" in request.GET
    named = seen.form.cleaned_data["option"]
    picked = [
        option for key in seen.form.compare if (option := found.option(key)) is not None
    ]
    shown = found.fitting if every else found.fitting[:SHOWN]
    # What is compared keeps its box, or the next move of a slider would drop it.
    shown = shown + [option for option in picked if option not in shown]
    return context | {
        "answer": found,
        "options": shown,
        "hidden": sum(each not in shown for each in found.fitting),
        "every": every,
        "chosen": chosen,
        "not_offered": named if named and found.option(named) is None else "",
        "before": None if chosen is None else found.before(chosen),
        "compared": picked,
        "compare_keys": {option.machine.key for option in picked},
        "compare_rows": compared(picked) if len(picked) > 1 else [],
        "mix": found.what_if.assumed.mix.shares,
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


def launch_context(chosen: PlanOption | None, found: PlanAnswer) -> dict[str, Any]:
    """The launch command of the chosen option, or why there is none."""
    if chosen is None or not chosen.machine.fitting.ok:
        return {}
    machine, question, model = chosen.machine, found.question, found.facts.model
    parsers = parsers_of(model.architecture.model_type, model.name)
    try:
        spec = ServeSpec(
            repository=machine.repository,
            served_model_name=model.slug,
            attention_heads=model.architecture.attention_heads,
            kv_heads=model.architecture.kv_heads,
            vocabulary_size=model.architecture.vocabulary_size,
            max_context=model.architecture.max_context,
            max_model_len=question.needed_model_len,
            gpu_memory_utilization=question.gpu_memory_utilization,
            api_key=SHOWN_KEY,
            tensor_parallel_size=machine.gpu_count,
            tool_call_parser=parsers.tool_call,
            reasoning_parser=parsers.reasoning,
        )
        launch = launch_of(
            spec,
            gpu_type_id=machine.gpu_type_id,
            gpu_count=machine.gpu_count,
            cloud=machine.cloud.upper() or "SECURE",
            disk_gb=machine.disk_gb,
        )
    except ValueError as fault:
        return {"launch_fault": str(fault)}
    return {"launch": launch}


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
                fitting.reasons,
                fitting.changes,
                ", ".join(names),
            )
        )
    return lines


@require_POST
@login_required
def deploy(request: HttpRequest) -> HttpResponse:
    """From a plan to the order form: makes the model orderable, and rents nothing."""
    now = timezone.now()
    asked_for = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY], mutable=True)
    key = request.POST.get("option", "")
    found = answer_of(asked_for, now=now).answer
    chosen = None if found is None else found.option(key)
    if found is None or chosen is None:
        messages.error(request, "This plan is not offered any more; choose another option.")
        return redirect("economics:plan")
    model, machine = found.facts.model, chosen.machine
    weights = next(each for each in model.weights if each.repository == machine.repository)
    try:
        variant = ensure_variant(
            WantedWeights(
                model.slug,
                model.architecture,
                machine.repository,
                machine.precision,
                weights.weight_gb,
            ),
            acting_user=request.user.get_username(),
            now=now,
        )
    except NotServable as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('economics:plan')}?{asked_for.urlencode()}")
    fields = {
        "variant_id": variant.pk,
        "gpu_type_id": machine.gpu_type_id,
        "gpu_count": machine.gpu_count,
        "cloud": machine.cloud.upper(),
        "max_model_len": found.question.needed_model_len,
        "gpu_memory_utilization": found.question.gpu_memory_utilization,
        "container_disk_gb": machine.disk_gb,
    }
    return redirect(f"{reverse('fleet:order')}?{urlencode(fields)}")


@require_GET
@login_required
def plan_refused(request: HttpRequest) -> HttpResponse:
    """What does not fit, with the smallest changes: they take longer than the rest."""
    found = answer_of(request.GET, now=timezone.now(), with_changes=True).answer
    lines = [] if found is None else refused(found.not_fitting)
    return render(request, "economics/_plan_refused.html", {"refused": lines})


@require_GET
@login_required
def frontier_json(request: HttpRequest) -> JsonResponse:
    """The heat map of the chosen option for plotly.js."""
    return chart_json(frontier_chart(request))


@require_GET
@login_required
def scatter_json(request: HttpRequest) -> JsonResponse:
    """All options as dots for plotly.js."""
    return chart_json(scatter_chart(request))


@require_GET
@login_required
def plan_table(request: HttpRequest, chart: str) -> HttpResponse:
    """The rows of a chart as a table."""
    drawn = frontier_chart(request) if chart == "frontier" else scatter_chart(request)
    if isinstance(drawn, str):
        return render(request, "economics/_no_rows.html", {"why": drawn})
    return render(request, "economics/_profit_table.html", {"table": drawn.table})


def chart_json(drawn: Chart | str) -> JsonResponse:
    """A chart, or the sentence that says why there is none."""
    if isinstance(drawn, str):
        return JsonResponse({"figure": None, "caption": "", "empty": drawn})
    return JsonResponse({"figure": drawn.figure, "caption": drawn.caption, "empty": ""})


def frontier_chart(request: HttpRequest) -> Chart | str:
    """The heat map of the chosen option, or why there is none."""
    found = asked(request, now=timezone.now()).answer
    chosen = None if found is None else chosen_of(found, request.GET.get("option", ""))
    if found is None or chosen is None:
        return "No option is chosen, so there is nothing to draw."
    speed = chosen.machine.speed
    if isinstance(speed, Unknown):
        return f"The speed of this option is not known: {speed.reason}."
    one = found.what_if
    if isinstance(one.rates, Unknown):
        return f"There is no profit to draw: {one.rates.reason}. Write prices above."
    drawn = frontier(
        usd_per_hour=chosen.usd_per_hour,
        day=chosen.day,
        seconds=speed.throughput.seconds,
        rates=one.rates,
        assumed=one.assumed,
        factors=FACTORS,
        utilizations=UTILIZATIONS,
    )
    day = chosen.ours.day
    if isinstance(drawn, Unknown) or isinstance(day, Unknown):
        return "This option has no day to draw."
    price = blended_rate_per_million(one.assumed.mix, one.rates)
    if price == 0:
        return "Without a price there is no frontier; write prices above."
    return frontier_map(
        drawn,
        usd_per_million=price,
        here=(one.assumed.utilization, Decimal(1)),
        here_usd=day.profit_usd,
    )


def scatter_chart(request: HttpRequest) -> Chart | str:
    """All options with a known cost and speed."""
    found = asked(request, now=timezone.now()).answer
    if found is None:
        return "The plan has no answer, so there is nothing to draw."
    chosen = chosen_of(found, request.GET.get("option", ""))
    dots = [
        dot
        for option in found.fitting
        if (dot := dot_of(option, found, chosen=option is chosen)) is not None
    ]
    if not dots:
        return "No option that fits has a known speed."
    return cost_speed(dots, left_out=len(found.fitting) - len(dots))


def dot_of(option: PlanOption, found: PlanAnswer, *, chosen: bool) -> CostSpeed | None:
    """An option as a dot; None where its cost or speed is not known."""
    speed, cost = option.machine.speed, option.ours.cost
    if isinstance(speed, Unknown) or isinstance(cost, Unknown):
        return None
    peak = peak_tokens_per_second(speed.throughput.seconds, found.what_if.assumed.mix)
    if peak is None:
        return None
    machine = option.machine
    return CostSpeed(
        machine.key,
        f"{machine.gpu_count}× {machine.gpu_name} {machine.precision.upper()}, "
        f"{machine.provider} {machine.cloud}".strip(),
        f"{machine.gpu_count}× {machine.gpu_name}",
        cost.blended,
        peak,
        peak * speed.low,
        peak * speed.high,
        chosen,
    )
