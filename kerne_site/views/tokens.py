"""The page of one's own API tokens: made and shown once, listed, revoked."""

import secrets
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import viewer_required, why_not
from fleet.services import refusals
from fleet.services.roles import Role, role_of
from kerne_site import api_tokens
from kerne_site.forms import TokenForm
from kerne_site.logs import current_request_id
from kerne_site.models import ApiToken, Scope

SHOWN_PAST = 20  # revoked tokens, newest first


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@viewer_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of whoever is logged in; sent, a new one, whose text is in this answer.

    No redirect after it: the text is stored nowhere, so another page could not show it.
    Sent again, the name is taken, and nothing is made.
    """
    now = timezone.now()
    user = request.user
    assert isinstance(user, User)
    form = TokenForm(request.POST or None)
    made = save(form, user, now=now) if request.method == "POST" else None
    rows = list(ApiToken.objects.filter(user=user))
    context = {
        "form": TokenForm() if made else form,
        "made": made,
        "now": now,
        "scopes": Scope.choices,
        "standing": [row for row in rows if row.revoked_at is None],
        "revoked": [row for row in rows if row.revoked_at is not None][:SHOWN_PAST],
    }
    return render(request, "account/tokens.html", context)


def save(form: TokenForm, user: User, *, now: datetime) -> api_tokens.NewToken | None:
    """The new token, or None when the form now says what is wrong."""
    if not form.is_valid():
        return None
    # What may act is made only by who may act now: a password alone would else become a
    # token that is asked for no second factor any more.
    if form.cleaned_data["scope"] == Scope.OPERATE:
        reason = why_not(user, Role.OPERATOR)
        if reason:
            refusals.note(
                acting_user=user.get_username(),
                method="POST",
                path=reverse("account-tokens"),
                needs=Role.OPERATOR,
                role=role_of(user),
                now=now,
            )
            form.add_error("scope", f"Scope is operate. {reason} Or choose read.")
            return None
    try:
        return api_tokens.create(
            user,
            name=form.cleaned_data["name"],
            days=form.cleaned_data["days"],
            scope=form.cleaned_data["scope"] or Scope.READ,
            public_id=secrets.token_hex(api_tokens.ID_BYTES),
            secret=secrets.token_hex(api_tokens.SECRET_BYTES),
            acting_user=user.get_username(),
            now=now,
            request_id=current_request_id(),
        )
    except api_tokens.TokenRefused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return None


@require_POST
@viewer_required
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """End one of one's own tokens; those of others are not there."""
    user = request.user
    assert isinstance(user, User)
    row = get_object_or_404(ApiToken, user=user, public_id=public_id)
    ended = api_tokens.revoke(
        row,
        acting_user=user.get_username(),
        now=timezone.now(),
        request_id=current_request_id(),
    )
    said = f"Revoked {row.name!r}." if ended else f"{row.name!r} was revoked before."
    messages.success(request, said)
    return redirect("account-tokens")
