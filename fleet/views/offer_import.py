"""Import of offers: a file, a preview that names what is wrong, a confirmation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import operator_required, operator_to_post
from fleet.csv_files import FileRefused
from fleet.market.csv_file import COLUMNS
from fleet.models import OfferImport
from fleet.services.market import (
    ImportPreview,
    import_offers,
    preview_import,
)
from fleet.views.upload import sealed, unsealed, uploaded

SEAL = "fleet.offers.import"
ROWS_SHOWN = 20
IMPORTS_SHOWN = 10


@require_http_methods(["GET", "POST"])
@operator_to_post
def offers_import(request: HttpRequest) -> HttpResponse:
    """The form; sent, what the file would bring or what is wrong with it."""
    if request.method == "GET":
        return page(request)
    try:
        file = uploaded(request)
        preview = preview_import(file.content, name=file.name, now=timezone.now())
        words = sealed(file, salt=SEAL, otherwise="use “manage.py import_offers FILE”")
    except FileRefused as refusal:
        return refuse(request, refusal)
    return page(request, preview=preview, words=words)


@require_POST
@operator_required
def offers_import_confirm(request: HttpRequest) -> HttpResponse:
    """Take in the file that was previewed."""
    try:
        file = unsealed(request.POST.get("sealed", ""), salt=SEAL)
        stored = import_offers(
            file.content,
            name=file.name,
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except FileRefused as refusal:
        return refuse(request, refusal)
    messages.success(request, f"{file.name} is imported: {stored}.")
    return redirect("fleet:offers")


def refuse(request: HttpRequest, refusal: FileRefused) -> HttpResponse:
    return page(request, refusal=refusal, status=422)


def page(
    request: HttpRequest,
    *,
    preview: ImportPreview | None = None,
    words: str = "",
    refusal: FileRefused | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "now": timezone.now(),
        "preview": preview,
        "shown": preview.rows[:ROWS_SHOWN] if preview else (),
        "sealed": words,
        "refusal": refusal,
        "columns": COLUMNS,
        "imports": OfferImport.objects.all()[:IMPORTS_SHOWN],
    }
    return render(request, "fleet/offer_import.html", context, status=status)
