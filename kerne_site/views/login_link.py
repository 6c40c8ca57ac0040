"""The page behind a one-time login link."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kerne_site import login_links, passwords, people, throttle
from kerne_site.forms import OwnerForm, PasswordForm
from kerne_site.logs import current_request_id
from kerne_site.models import LoginToken
from kerne_site.views.login import enter


@login_not_required
@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the link will do, POST does it and spends the link.

    An invitation makes its account, a link to a new password sets it. The owner's link
    makes the owner's account where there is none, else it logs the owner in.
    """
    now = timezone.now()
    if throttle.links_are_locked(request):
        return throttle.locked_out(request, credentials=throttle.LINKS)
    try:
        link = login_links.check_link(token, now=now)
        opened = as_owner
        if link.username:
            opened = invited if link.role else with_new_password
        answer = opened(request, link, token, now)
    except login_links.LinkRefused as refusal:
        throttle.count_wrong_link(request)
        return render(
            request,
            "registration/login_link_refused.html",
            {"reason": str(refusal)},
            status=410,
        )
    if isinstance(answer, HttpResponse):
        return answer
    return enter(request, answer, to=resolve_url(settings.LOGIN_REDIRECT_URL))


def as_owner(
    request: HttpRequest, link: LoginToken, token: str, now: datetime
) -> HttpResponse | User:
    """The page, or the owner who is to be logged in. Raises LinkRefused."""
    owner = login_links.owner()
    form = OwnerForm(request.POST or None) if owner is None else None
    if request.method != "POST" or (form is not None and not form.is_valid()):
        page = {"form": form, "owner": owner}
        return render(request, "registration/login_link.html", page)
    return login_links.use_link(token, now=now, new_owner=_new_owner(form))


def invited(
    request: HttpRequest, link: LoginToken, token: str, now: datetime
) -> HttpResponse | User:
    """The page that asks for a password, or the new account. Raises LinkRefused."""
    return set_by(
        people.accept, request, link, token, now, page="registration/invitation.html"
    )


def with_new_password(
    request: HttpRequest, link: LoginToken, token: str, now: datetime
) -> HttpResponse | User:
    """The page that asks for a new password, or whose it is now. Raises LinkRefused."""
    passwords.account_of(link)
    return set_by(
        passwords.reset, request, link, token, now, page="registration/new_password.html"
    )


def set_by(
    deed: Callable[..., User],
    request: HttpRequest,
    link: LoginToken,
    token: str,
    now: datetime,
    *,
    page: str,
) -> HttpResponse | User:
    """The page with its password form, or the account that `deed` gives. Raises as it."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return deed(
                token,
                form.cleaned_data["password1"],
                now=now,
                request_id=current_request_id(),
            )
        except ValidationError as weak:
            form.add_error("password1", weak)
    return render(request, page, {"form": form, "link": link})


def _new_owner(form: OwnerForm | None) -> login_links.NewOwner | None:
    if form is None:
        return None
    return login_links.NewOwner(
        form.cleaned_data["username"], form.cleaned_data["password1"]
    )
