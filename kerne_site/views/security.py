"""One's own second factor and sessions."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django_otp import login as otp_login

from fleet.access import viewer_required
from fleet.services import audit
from kerne_site import second_factor, sessions
from kerne_site.logs import current_request_id
from kerne_site.models import Authenticator, BrowserSession, RecoveryCode
from kerne_site.second_factor import CodeRefused


@never_cache
@require_GET
@viewer_required
def security(request: HttpRequest) -> HttpResponse:
    """What is set up, and where one is logged in."""
    return page(request)


@never_cache
@require_POST
@viewer_required
def begin(request: HttpRequest) -> HttpResponse:
    """A new authenticator: its QR code and seed, which only this answer has."""
    try:
        fresh = second_factor.begin(account(request))
    except CodeRefused as refusal:
        return page(request, refusal=str(refusal), status=422)
    return page(request, fresh=fresh)


@sensitive_post_parameters("code")
@never_cache
@require_POST
@viewer_required
def finish(request: HttpRequest) -> HttpResponse:
    """Take it in use: the recovery codes, once; all other sessions end."""
    user = account(request)
    try:
        codes = second_factor.finish(
            user,
            request.POST.get("code", ""),
            now=timezone.now(),
            request_id=current_request_id(),
        )
    except CodeRefused as refusal:
        fresh = Authenticator.objects.filter(user=user, confirmed=False).first()
        return page(request, fresh=fresh, refusal=str(refusal), status=422)
    device = second_factor.authenticator_of(user)
    assert device is not None
    begin_anew(request)
    otp_login(request, device)
    return page(request, codes=codes)


@sensitive_post_parameters("code")
@never_cache
@require_POST
@viewer_required
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes in place of the old ones, for a right code."""
    user = account(request)
    try:
        second_factor.verify(user, request.POST.get("code", ""), now=timezone.now())
    except CodeRefused as refusal:
        return page(request, refusal=str(refusal), status=422)
    made = second_factor.new_codes(
        user, now=timezone.now(), request_id=current_request_id()
    )
    return page(request, codes=made)


@sensitive_post_parameters("code")
@never_cache
@require_POST
@viewer_required
def turn_off(request: HttpRequest) -> HttpResponse:
    """Remove the second factor, for a right code; all other sessions end."""
    user, now = account(request), timezone.now()
    try:
        second_factor.verify(user, request.POST.get("code", ""), now=now)
    except CodeRefused as refusal:
        return page(request, refusal=str(refusal), status=422)
    second_factor.turn_off(
        user, acting_user=user.get_username(), now=now, request_id=current_request_id()
    )
    begin_anew(request)
    messages.success(request, "You log in with the password alone now.")
    return redirect("account-security")


@require_POST
@viewer_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions; those of others are not there."""
    user = account(request)
    row = get_object_or_404(BrowserSession, pk=pk, user=user)
    name, now = user.get_username(), timezone.now()
    audit.record("end session", name, acting_user=name, now=now, address=row.ip_address)
    sessions.end(row)
    messages.success(request, f"The session from {row.ip_address} has ended.")
    return redirect("account-security")


def begin_anew(request: HttpRequest) -> None:
    """The session gets a new key, and every other one of the account ends."""
    sessions.rotate(request.session)
    sessions.end_others(account(request), keep=request.session.session_key)


def account(request: HttpRequest) -> User:
    """The account itself, not the lazy object that stands for it."""
    return User.objects.get(pk=request.user.pk or 0)


def page(
    request: HttpRequest,
    *,
    fresh: Authenticator | None = None,
    codes: list[str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    user, now = account(request), timezone.now()
    context = {
        "now": now,
        "device": second_factor.authenticator_of(user),
        "codes_left": RecoveryCode.objects.filter(user=user, used_at__isnull=True).count(),
        "fresh": fresh,
        # Made by segno of our own address: paths and attributes, nothing that was typed.
        "qr": mark_safe(second_factor.qr_code(fresh)) if fresh else "",
        "codes": "\n".join(codes or ()),
        "refusal": refusal,
        "sessions": sessions.of(user, now=now),
        "this_key": request.session.session_key,
    }
    return render(request, "account/security.html", context, status=status)
