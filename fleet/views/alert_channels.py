"""Alert channels: added with a secret address, tried by a test, never shown again."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet import notifying
from fleet.access import admin_required, admin_to_post, operator_required
from fleet.models import AlertChannel
from fleet.notifying import ChannelRefused
from fleet.outgoing import Allowed
from fleet.selectors.alerts import dead_man
from fleet.services.alerts import channels as service

EXAMPLES = (
    (
        "Mail",
        "mailtos://user:password@mail.example.com?from=kerne@example.com&to=you@example.com",
    ),
    ("Webhook", "jsons://hooks.example.com/path"),
    ("Slack", "slack://tokenA/tokenB/tokenC/#channel"),
    ("ntfy", "ntfys://ntfy.sh/your-topic"),
    ("Telegram", "tgram://bot-token/chat-id"),
    ("Discord", "discord://webhook-id/webhook-token"),
)


def allowed() -> Allowed:
    return Allowed.from_words(settings.ALLOW_PRIVATE_TARGETS)


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    context = {
        "channels": AlertChannel.objects.all(),
        "examples": EXAMPLES,
        "services": sorted(set(notifying.SERVICES.values()), key=str.lower),
        "dead_man": dead_man(),
        "now": timezone.now(),
        "name": "",
        "error": "",
    }
    return render(request, "fleet/alert_channels.html", context | more)


@require_http_methods(["GET", "POST"])
@admin_to_post
def alert_channels(request: HttpRequest) -> HttpResponse:
    """Every channel; a POST adds one. An address that is refused is not shown again."""
    if request.method != "POST":
        return _page(request)
    name = request.POST.get("name", "")
    try:
        channel = service.add_channel(
            name=name,
            address=request.POST.get("address", "").strip(),
            check=partial(notifying.check, allowed=allowed()),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except ChannelRefused as refusal:
        return _page(request, error=str(refusal), name=name[:60])
    messages.success(
        request, f"{channel.name} was added. Send it a test to see what it replies."
    )
    return redirect("fleet:alert-channels")


@require_http_methods(["GET", "POST"])
@admin_required
def alert_channel(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one channel; an empty address keeps the one it has."""
    channel = get_object_or_404(AlertChannel, pk=pk)
    error = ""
    if request.method == "POST":
        try:
            service.change_channel(
                channel,
                name=request.POST.get("name", ""),
                address=request.POST.get("address", "").strip(),
                enabled=request.POST.get("enabled") == "on",
                check=partial(notifying.check, allowed=allowed()),
                acting_user=request.user.get_username(),
                now=timezone.now(),
            )
        except ChannelRefused as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"{channel.name} was changed.")
            return redirect("fleet:alert-channels")
    context = {"channel": channel, "error": error, "examples": EXAMPLES}
    return render(request, "fleet/alert_channel.html", context)


@require_POST
@operator_required
def alert_channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test now, and show what came back."""
    channel = get_object_or_404(AlertChannel, pk=pk)
    reply = service.test_channel(
        channel,
        say=partial(notifying.send, allowed=allowed()),
        acting_user=request.user.get_username(),
        clock=timezone.now,
    )
    told = f"{reply.words.rstrip('.')}, {reply.seconds:.1f} s."
    if reply.ok:
        messages.success(request, f"Sent to {channel.name}: {told}")
    else:
        messages.error(request, f"{channel.name} did not take the test: {told}")
    return redirect("fleet:alert-channels")


@require_POST
@admin_required
def alert_channel_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a channel with its messages."""
    channel = get_object_or_404(AlertChannel, pk=pk)
    service.remove_channel(
        channel, acting_user=request.user.get_username(), now=timezone.now()
    )
    messages.success(request, f"{channel.name} was removed.")
    return redirect("fleet:alert-channels")
