"""The page of the provider's key: written, never read back; checked by what it may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import admin_required
from fleet.cloud import current_provider, provider_with
from fleet.models import StoredSecret
from fleet.providers.base import GpuProvider
from fleet.providers.errors import ProviderError
from fleet.services import stored_secrets
from fleet.services.same_account import why_another_account
from fleet.services.stored_secrets import RUNPOD, SecretRefused
from fleet.templatetags.numbers import money

NOT_TESTED = "not tested, it would cost money"


@dataclass(frozen=True)
class Finding:
    """What a key may do: `state` is one of the six of `{% status %}`."""

    deed: str
    state: str
    words: str


@sensitive_post_parameters("value")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def keys(request: HttpRequest) -> HttpResponse:
    """The stored key; sent, a new one in its place."""
    if request.method == "POST":
        if why := another_account(request.POST.get("value", "").strip()):
            return page(request, refusal=why, status=422)
        try:
            row = stored_secrets.store(
                RUNPOD,
                request.POST.get("value", ""),
                acting_user=request.user.get_username(),
                now=timezone.now(),
            )
        except SecretRefused as refusal:
            return page(request, refusal=str(refusal), status=422)
        messages.success(request, f"The key that ends in {row.last_four} is stored.")
        return redirect("fleet:keys")
    return page(request)


def another_account(key: str) -> str:
    """Why a key does not fit our pods; "" in the sandbox, whose key is not this one."""
    if settings.KERNE_SANDBOX or not key:
        return ""
    return why_another_account(provider_with(key))


@require_POST
@admin_required
def keys_forget(request: HttpRequest) -> HttpResponse:
    """Delete the stored key."""
    username = request.user.get_username()
    gone = stored_secrets.forget(RUNPOD, acting_user=username, now=timezone.now())
    messages.success(request, "The key is deleted." if gone else "No key was stored.")
    return redirect("fleet:keys")


@require_POST
@admin_required
def keys_check(request: HttpRequest) -> HttpResponse:
    """Ask the provider what the key in use may do; nothing that costs is tried."""
    return page(request, findings=findings_of(current_provider()))


def findings_of(provider: GpuProvider) -> list[Finding]:
    """Two questions that cost nothing, and what is left untested."""
    found = []
    try:
        count = len(provider.pods())
        found.append(Finding("read pods", "healthy", f"ok, {count} in the account"))
    except ProviderError as error:
        found.append(Finding("read pods", "down", str(error)))
    try:
        balance = provider.balance()
        said = (
            f"ok, {money(balance.balance_usd)}"
            if balance
            else "the provider did not say it"
        )
        found.append(Finding("balance", "healthy" if balance else "unknown", said))
    except ProviderError as error:
        found.append(Finding("balance", "down", str(error)))
    found.append(Finding("create a pod", "unknown", NOT_TESTED))
    return found


def page(
    request: HttpRequest,
    *,
    refusal: str = "",
    findings: list[Finding] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "now": timezone.now(),
        "stored": StoredSecret.objects.filter(name=RUNPOD).defer("value").first(),
        "from_environment": bool(settings.RUNPOD_API_KEY) and not settings.KERNE_SANDBOX,
        "in_sandbox": settings.KERNE_SANDBOX,
        "refusal": refusal,
        "findings": findings,
    }
    return render(request, "fleet/keys.html", context, status=status)
