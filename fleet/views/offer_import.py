"""Import of offers: a file, a preview that names what is wrong, a confirmation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import operator_required, operator_to_post
from fleet.csv_files import FileRefused, refuse_too_large
from fleet.market.csv_file import COLUMNS
from fleet.models import OfferImport
from fleet.services.market import (
    ImportPreview,
    import_offers,
    preview_import,
)

SEAL = "fleet.offers.import"
SEAL_SECONDS = 3600
MOST_SEALED = 2_000_000  # characters; a form may carry 2.5 MB
ROWS_SHOWN = 20
IMPORTS_SHOWN = 10


@require_http_methods(["GET", "POST"])
@operator_to_post
def offers_import(request: HttpRequest) -> HttpResponse:
    """The form; sent, what the file would bring or what is wrong with it."""
    if request.method == "GET":
        return page(request)
    upload = request.FILES.get("file")
    if not isinstance(upload, UploadedFile):
        return refuse(request, FileRefused("No file was chosen; choose a CSV file."))
    try:
        refuse_too_large(upload.size or 0)
        content = upload.read()
        preview = preview_import(
            content, name=upload.name or "offers.csv", now=timezone.now()
        )
    except FileRefused as refusal:
        return refuse(request, refusal)
    sealed = signing.dumps(
        {"name": preview.name, "text": content.decode("utf-8")}, salt=SEAL, compress=True
    )
    if len(sealed) > MOST_SEALED:
        sentence = (
            "The file is right but too large to be confirmed here; use "
            "“manage.py import_offers FILE”. Nothing was imported."
        )
        return refuse(request, FileRefused(sentence))
    return page(request, preview=preview, sealed=sealed)


@require_POST
@operator_required
def offers_import_confirm(request: HttpRequest) -> HttpResponse:
    """Take in the file that was previewed."""
    now = timezone.now()
    try:
        told = signing.loads(
            request.POST.get("sealed", ""), salt=SEAL, max_age=SEAL_SECONDS
        )
    except signing.BadSignature:
        return refuse(
            request,
            FileRefused(
                "The preview is incomplete or older than an hour; choose the file again."
            ),
        )
    try:
        stored = import_offers(
            told["text"].encode("utf-8"),
            name=told["name"],
            acting_user=request.user.get_username(),
            now=now,
        )
    except FileRefused as refusal:
        return refuse(request, refusal)
    messages.success(request, f"{told['name']} is imported: {stored}.")
    return redirect("fleet:offers")


def refuse(request: HttpRequest, refusal: FileRefused) -> HttpResponse:
    return page(request, refusal=refusal, status=422)


def page(
    request: HttpRequest,
    *,
    preview: ImportPreview | None = None,
    sealed: str = "",
    refusal: FileRefused | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "now": timezone.now(),
        "preview": preview,
        "shown": preview.rows[:ROWS_SHOWN] if preview else (),
        "sealed": sealed,
        "refusal": refusal,
        "columns": COLUMNS,
        "imports": OfferImport.objects.all()[:IMPORTS_SHOWN],
    }
    return render(request, "fleet/offer_import.html", context, status=status)
