"""The page of all accounts, for admins: invite, change a role, close and open again."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import admin_required
from fleet.services.roles import MEANING, Role
from kerne_site import passwords, people
from kerne_site.forms import InviteForm
from kerne_site.login_links import TOKEN_BYTES
from kerne_site.logs import current_request_id
from kerne_site.models import Authenticator, LoginToken


@dataclass(frozen=True)
class Person:
    """An account as a row of the page."""

    user: User
    role: Role
    has_factor: bool

    @property
    def is_owner(self) -> bool:
        return self.user.is_superuser


def everybody() -> list[Person]:
    """Every account, active ones first. Three queries."""
    users = User.objects.prefetch_related("groups").order_by("-is_active", "username")
    confirmed = Authenticator.objects.filter(confirmed=True)
    with_factor = set(confirmed.values_list("user_id", flat=True))
    return [Person(user, _role(user), user.pk in with_factor) for user in users]


def _role(user: User) -> Role:
    """As `role_of`, from groups that are read already: one query for all accounts."""
    names = {group.name for group in user.groups.all()}
    if user.is_superuser or Role.ADMIN.value in names:
        return Role.ADMIN
    return Role.OPERATOR if Role.OPERATOR.value in names else Role.VIEWER


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def people_page(request: HttpRequest) -> HttpResponse:
    """All accounts; sent, an invitation, whose link is in this answer and nowhere else."""
    now = timezone.now()
    form = InviteForm(request.POST if request.method == "POST" else None)
    link = ""
    if request.method == "POST":
        link = save(form, acting_user=request.user.get_username(), now=now)
    invited = form.cleaned_data.get("username", "") if link else ""
    return page(request, InviteForm() if link else form, link=link, invited=invited)


def page(
    request: HttpRequest,
    form: InviteForm,
    *,
    link: str = "",
    invited: str = "",
    new_password_of: str = "",
) -> HttpResponse:
    """All accounts, the form of an invitation, and a link that only this answer has."""
    now = timezone.now()
    context = {
        "now": now,
        "form": form,
        "link": link,
        "invited": invited,
        "new_password_of": new_password_of,
        "people": everybody(),
        "invitations": people.open_invitations(now=now),
        "roles": [(role.value, f"{role.label}: {MEANING[role]}") for role in Role],
        "role_names": Role.choices,
    }
    return render(request, "account/people.html", context)


def save(form: InviteForm, *, acting_user: str, now: datetime) -> str:
    """The link of a new invitation; empty when the form now says what is wrong."""
    if not form.is_valid():
        return ""
    try:
        return people.invite(
            form.cleaned_data["username"],
            Role(form.cleaned_data["role"]),
            token=secrets.token_urlsafe(TOKEN_BYTES),
            base_url=settings.PUBLIC_URL,
            acting_user=acting_user,
            now=now,
            request_id=current_request_id(),
        )
    except people.PeopleRefused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        return ""


@require_POST
@admin_required
def person_role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an account another role."""
    user = get_object_or_404(User, pk=pk)
    asked = request.POST.get("role", "")
    if asked not in Role.values:
        said = f"Role is {asked[:40]!r}; choose one of {', '.join(Role.values)}."
        messages.error(request, said)
        return redirect("account-people")
    try:
        changed = people.set_role(user, Role(asked), **_deed(request))
    except people.PeopleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        word = "is now" if changed else "was already"
        messages.success(
            request, f"{user.get_username()} {word} {Role(asked).with_article}."
        )
    return redirect("account-people")


@never_cache
@require_POST
@admin_required
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A link to a new password of an account, in this answer and nowhere else."""
    user = get_object_or_404(User, pk=pk)
    try:
        link = passwords.make_link(
            user,
            token=secrets.token_urlsafe(TOKEN_BYTES),
            base_url=settings.PUBLIC_URL,
            **_deed(request),
        )
    except people.PeopleRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("account-people")
    return page(request, InviteForm(), link=link, new_password_of=user.get_username())


@require_POST
@admin_required
def person_active(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an account, or open it again."""
    user = get_object_or_404(User, pk=pk)
    active = request.POST.get("active") == "yes"
    try:
        people.set_active(user, active, **_deed(request))
    except people.PeopleRefused as refusal:
        messages.error(request, str(refusal))
    else:
        word = "open again" if active else "closed: its sessions and tokens open nothing"
        messages.success(request, f"{user.get_username()} is {word}.")
    return redirect("account-people")


@require_POST
@admin_required
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End an invitation that nobody used yet."""
    row = get_object_or_404(LoginToken.objects.exclude(username=""), pk=pk)
    ended = people.withdraw(row, **_deed(request))
    said = "withdrawn" if ended else "used or withdrawn before"
    messages.success(request, f"The invitation of {row.username} is {said}.")
    return redirect("account-people")


def _deed(request: HttpRequest) -> dict[str, Any]:
    """Who does it, when, and for which request."""
    return {
        "acting_user": request.user.get_username(),
        "now": timezone.now(),
        "request_id": current_request_id(),
    }
