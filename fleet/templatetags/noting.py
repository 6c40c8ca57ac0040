"""The notes of a day or of a deployment, with the form for one more."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template

from fleet.models import Deployment, OperatorNote

register = template.Library()
MOST_SHOWN = 20


@register.inclusion_tag("components/_notes.html", takes_context=True)
def notes(
    context: template.Context,
    *,
    deployment: Deployment | None = None,
    day: date | None = None,
) -> dict[str, Any]:
    """The newest notes; a new one is about `day`, today where none is given. One query."""
    request = context.get("request")
    found = OperatorNote.objects.about(deployment=deployment, day=day)
    return {
        "request": request,
        "user": context.get("user"),
        "csrf_token": context.get("csrf_token"),
        "notes": list(found.select_related("deployment")[:MOST_SHOWN]),
        "deployment": deployment,
        "day": day or context["console"]["now"].date(),
        "next": request.get_full_path() if request is not None else "",
    }
