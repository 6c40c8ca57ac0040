"""The maintenance line of a pod, a deployment and the fleet's page."""

from __future__ import annotations

from typing import Any

from django import template

from fleet.models import Deployment, Pod
from fleet.selectors.alerts import covering, current_windows

register = template.Library()

# Minutes of a maintenance that a button offers, and in words; the second is proposed.
LENGTHS = ((30, "30 min"), (60, "1 h"), (120, "2 h"), (240, "4 h"), (480, "8 h"))


@register.inclusion_tag("components/_maintenance.html", takes_context=True)
def maintenance(
    context: template.Context,
    *,
    pod: Pod | None = None,
    deployment: Deployment | None = None,
) -> dict[str, Any]:
    """What is silent for this page's subject, and a button for some time of it."""
    now = context["console"]["now"]
    subject: Pod | Deployment | None = pod or deployment
    field = "pod" if pod else "deployment" if deployment else ""
    return {
        "request": context.get("request"),
        "user": context.get("user"),
        "csrf_token": context.get("csrf_token"),
        "windows": covering(current_windows(now=now), pod=pod, deployment=deployment),
        "subject": str(subject) if subject else "anything",
        "field": field,
        "value": subject.pk if subject else "",
        "lengths": LENGTHS,
    }
