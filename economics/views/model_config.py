"""Bring a model: its config.json as a file, or its name on the hub."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fleet.access import operator_to_post
from fleet.hub.model_config import HubError, fetch_config
from fleet.models import ModelConfig
from fleet.services.model_configs import (
    MOST_BYTES,
    ConfigNotKept,
    add_config,
    too_large,
)

SHOWN = 20


@require_http_methods(["GET", "POST"])
@operator_to_post
def model_config(request: HttpRequest) -> HttpResponse:
    """The form; sent, the plan of the model that it brings."""
    if request.method == "GET":
        return page(request)
    name = request.POST.get("name", "").replace("\x00", "").strip()
    try:
        content, source = brought(request, name)
        kept = add_config(
            content,
            name=name,
            source=source,
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except (ConfigNotKept, HubError) as refusal:
        return page(request, refusal=str(refusal), name=name[:120], status=422)
    messages.success(request, f"{kept.name} is read; here is its plan.")
    return redirect(f"{reverse('economics:plan')}?{urlencode({'model': kept.slug})}")


def brought(request: HttpRequest, name: str) -> tuple[bytes, str]:
    """The file, or the hub's, and where it is from. Raises a refusal with a sentence."""
    upload = request.FILES.get("file")
    if isinstance(upload, UploadedFile):
        size = upload.size or 0
        if size > MOST_BYTES:
            raise ConfigNotKept(too_large(size))
        return upload.read(), f"uploaded file {upload.name}"
    if not name:
        raise ConfigNotKept(
            "Neither a file nor a name was given; choose a config.json, or write the "
            "model's name on the hub, such as Qwen/Qwen3-8B."
        )
    config = fetch_config(name, base_url=settings.MODEL_HUB_URL)
    return json.dumps(
        config
    ).encode(), f"{settings.MODEL_HUB_URL}, {timezone.now():%Y-%m-%d}"


def page(
    request: HttpRequest, *, refusal: str = "", name: str = "", status: int = 200
) -> HttpResponse:
    """The form with what was said to it."""
    context = {
        "now": timezone.now(),
        "refusal": refusal,
        "name": name,
        "configs": ModelConfig.objects.order_by("-added_at")[:SHOWN],
    }
    return render(request, "economics/model_config.html", context, status=status)
