"""Files into the books, one page for every kind: a file, its preview, a confirmation.

A new kind is an importer of its own and one entry of KINDS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from economics.models import BookImport
from economics.services.book_imports import FilePreview, Importer, preview_file, take_in
from economics.services.cash_file import CASH
from economics.services.expense_file import EXPENSES
from economics.services.market_files import MARKET_PRICES, MARKET_TOKENS
from economics.services.request_logs import REQUESTS
from economics.services.statement_file import STATEMENT
from fleet.access import operator_required, operator_to_post
from fleet.csv_files import FileRefused
from fleet.views.upload import sealed, unsealed, uploaded

SEAL = "economics.book-import"
ROWS_SHOWN = 50
IMPORTS_SHOWN = 10


@dataclass(frozen=True)
class Kind:
    """What the page of one kind says.

    columns  (name, whether a file needs it, what stands in it)
    back     the page that the rows are on
    """

    importer: Importer[Any]
    title: str
    back: str
    back_title: str
    columns: Sequence[tuple[str, bool, str]]
    example: str
    limits: str = "CSV in UTF-8, at most 2 MB"


KINDS = {
    "market-prices": Kind(
        importer=MARKET_PRICES,
        title="Import market prices",
        back="economics:market",
        back_title="Market",
        columns=(
            ("model", True, "author/name as on OpenRouter, such as z-ai/glm-5"),
            ("provider", True, "who offers it"),
            ("unit", True, "token or million: what the prices are per"),
            ("prompt, completion", True, "USD per unit, net of discounts, every digit"),
            ("cached_prompt", False, "without it, a cached prompt costs as another"),
            ("quantization", False, "of the weights; one provider may offer several"),
            ("observed_on", True, "the day of the price, later than what is known"),
        ),
        example="model,provider,quantization,unit,prompt,cached_prompt,completion,"
        "observed_on\nz-ai/glm-5,DeepInfra,fp4,million,0.60,0.12,2.08,2026-08-08",
    ),
    "market-tokens": Kind(
        importer=MARKET_TOKENS,
        title="Import tokens of the market",
        back="economics:market",
        back_title="Market",
        columns=(
            ("model", True, "author/name; also model_permaslug"),
            ("day", True, "the UTC day; also date"),
            ("tokens", True, "prompt and completion of all providers; also total_tokens"),
        ),
        example="model,day,tokens\nz-ai/glm-5,2026-08-07,26440000000",
    ),
    "requests": Kind(
        importer=REQUESTS,
        title="Import a request log",
        back="economics:usage",
        back_title="Usage",
        columns=(
            ("request_id", True, "the gateway's id; the same one counts once"),
            ("ended_at", True, "an instant, UTC where it has no zone; also endTime"),
            ("model", False, "its name here or its repository; also model_group"),
            ("deployment", False, "its name; needed where a model has several"),
            ("api_base", False, "an address that has a pod's or endpoint's id in it"),
            ("prompt_tokens", True, "cached ones included"),
            ("cached_tokens", False, "of the prompt; without it, not told"),
            ("completion_tokens", True, "reasoning ones included"),
            ("reasoning_tokens", False, "of the completion; without it, not told"),
            ("finish_reason, status", False, "stop, length, abort, error; failure, 500"),
            ("cache_hit", False, "true: the gateway's own cache answered, not counted"),
            ("metadata", False, "LiteLLM's: cached and reasoning tokens are read of it"),
        ),
        example="request_id,ended_at,deployment,prompt_tokens,cached_tokens,"
        "completion_tokens,finish_reason\n"
        "chatcmpl-1,2026-11-09T14:03:07Z,llama-a,1200,800,64,stop",
        limits="CSV, JSON lines or LiteLLM's spend log as JSON, at most 2 MB; larger "
        "ones by manage.py import_requests",
    ),
    "expenses": Kind(
        importer=EXPENSES,
        title="Import expenses",
        back="economics:expenses",
        back_title="Other expenses",
        columns=(
            ("spent_on", True, "the day of the invoice, such as 2026-11-09"),
            ("amount_usd", True, "USD with at most 2 decimals; negative came back"),
            ("category", True, "domain, hosting, monitoring, software, people, bank, …"),
            ("description", True, "what was paid for, at most 120 characters"),
            (
                "belongs_to",
                True,
                "all, fleet:NAME or deployment:NAME; of the sandbox: all simulated",
            ),
            (
                "first_day, last_day",
                False,
                "the days that it is spread over, both included",
            ),
            ("currency", False, "USD; another currency is refused"),
        ),
        example="spent_on,amount_usd,category,description,belongs_to,first_day,last_day\n"
        "2026-11-09,120.00,domain,Domain example.com,all,2026-11-09,2027-11-08",
    ),
    "statement": Kind(
        importer=STATEMENT,
        title="Import a statement",
        back="economics:statements",
        back_title="Statements",
        columns=(
            ("period", True, "the month, 2026-10, or a day of it; also month, date"),
            ("model", True, "as the marketplace names it; also model_slug, endpoint"),
            ("gross_usd", True, "before fees; also gross, gross_amount, revenue_usd"),
            ("net_usd", True, "what is paid; also net, net_amount, payout"),
            ("fee_usd", False, "what they keep; gross minus net without it"),
            ("prompt_tokens", False, "cached ones included; also input_tokens"),
            ("completion_tokens", False, "also output_tokens"),
            ("currency", False, "USD; another currency is refused"),
            ("market", False, "openrouter without it"),
        ),
        example="period,model,prompt_tokens,completion_tokens,gross_usd,fee_usd,net_usd\n"
        "2026-10,meta-llama/llama-3.1-8b-instruct,120000000,14000000,5.02,0.00,5.02",
    ),
    "cash": Kind(
        importer=CASH,
        title="Import payments and top-ups",
        back="economics:cash",
        back_title="Cash",
        columns=(
            ("paid_on", True, "the day on which the money moved, such as 2026-11-09"),
            ("kind", True, "payment (to us) or top_up (to a provider)"),
            ("party", True, "the marketplace or the provider, such as openrouter, runpod"),
            ("amount_usd", True, "USD with at most 2 decimals"),
            ("month", False, "of a payment: the month that it pays, such as 2026-10"),
            ("note", False, "at most 120 characters"),
            ("currency", False, "USD; another currency is refused"),
        ),
        example="paid_on,kind,party,amount_usd,month,note\n"
        "2026-11-30,payment,openrouter,1250.00,2026-10,wire 4711\n"
        "2026-11-02,top_up,runpod,500.00,,",
    ),
}


def kind_of(name: str) -> Kind:
    """The kind of that name; 404 where there is none."""
    found = KINDS.get(name)
    if found is None:
        raise Http404(f"There is no import {name!r}.")
    return found


@require_http_methods(["GET", "POST"])
@operator_to_post
def book_import(request: HttpRequest, kind: str) -> HttpResponse:
    """The form; sent, what the file would bring or what is wrong with it."""
    chosen = kind_of(kind)
    if request.method == "GET":
        return page(request, kind)
    importer = chosen.importer
    try:
        file = uploaded(request, most_bytes=importer.most_bytes)
        preview = preview_file(importer, file.content, name=file.name, now=timezone.now())
        words = sealed(file, salt=f"{SEAL}.{kind}")
    except FileRefused as refusal:
        return page(request, kind, refusal=refusal)
    return page(request, kind, preview=preview, words=words)


@require_POST
@operator_required
def book_import_confirm(request: HttpRequest, kind: str) -> HttpResponse:
    """Take in the file that was previewed."""
    chosen = kind_of(kind)
    try:
        file = unsealed(request.POST.get("sealed", ""), salt=f"{SEAL}.{kind}")
        done = take_in(
            chosen.importer,
            file.content,
            name=file.name,
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except FileRefused as refusal:
        return page(request, kind, refusal=refusal)
    messages.success(request, f"{file.name} is imported: {done}.")
    return redirect(chosen.back)


def page(
    request: HttpRequest,
    kind: str,
    *,
    preview: FilePreview | None = None,
    words: str = "",
    refusal: FileRefused | None = None,
) -> HttpResponse:
    """The page of a kind; 422 with what is wrong."""
    chosen = kind_of(kind)
    context: dict[str, Any] = {
        "kind": kind,
        "chosen": chosen,
        "now": timezone.now(),
        "preview": preview,
        "rows": preview.shown.rows[:ROWS_SHOWN] if preview else (),
        "sealed": words,
        "refusal": refusal,
        "imports": BookImport.objects.filter(kind=chosen.importer.kind)[:IMPORTS_SHOWN],
    }
    status = 422 if refusal else 200
    return render(request, "economics/book_import.html", context, status=status)
