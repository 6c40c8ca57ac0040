"""Who may do what: a viewer reads, an operator acts, an admin sets limits and keys.

Every view names the least role that it needs by one of these decorators; whoever is
logged in is at least a viewer. A refusal is a 403 with a sentence, nothing is changed,
and the audit says who tried what.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from fleet.services import refusals
from fleet.services.roles import ADMINISTER, OPERATE, Role, role_of

__all__ = [
    "ADMINISTER",
    "OPERATE",
    "Policy",
    "admin_required",
    "admin_to_post",
    "operator_required",
    "operator_to_post",
    "viewer_required",
    "why_not",
]
SAFE = ("GET", "HEAD", "OPTIONS")
ANY_OF_THEM = "Nothing was changed."

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@dataclass(frozen=True, slots=True)
class Policy:
    """The least role to read an address, and to send it anything else than GET."""

    reads: Role
    acts: Role

    def needs(self, method: str | None) -> Role:
        return self.reads if method in SAFE else self.acts


def viewer_required(view: View) -> View:
    """A view that reads, or that changes one's own account."""
    return guarded(view, Policy(Role.VIEWER, Role.VIEWER))


def operator_required(view: View) -> View:
    """A view that spends, stops, or changes what is wanted."""
    return guarded(view, Policy(Role.OPERATOR, Role.OPERATOR))


def operator_to_post(view: View) -> View:
    """A page that everybody may read, and whose form needs an operator."""
    return guarded(view, Policy(Role.VIEWER, Role.OPERATOR))


def admin_to_post(view: View) -> View:
    """A page that everybody may read, and whose form needs an admin."""
    return guarded(view, Policy(Role.VIEWER, Role.ADMIN))


def admin_required(view: View) -> View:
    """A view that sets limits, keys or accounts."""
    return guarded(view, Policy(Role.ADMIN, Role.ADMIN))


def guarded(view: View, policy: Policy) -> View:
    """The view behind its policy, which is kept on it for the test of all addresses."""

    @wraps(view)
    def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        needed = policy.needs(request.method)
        reason = why_not(request.user, needed)
        if reason:
            refuse(request, needed, reason)
        return view(request, *args, **kwargs)

    served.policy = policy  # type: ignore[attr-defined]
    return login_required(served)  # type: ignore[return-value]


def refuse(request: HttpRequest, needed: Role, reason: str) -> None:
    """Note the try in the audit and raise PermissionDenied with the sentence."""
    refusals.note(
        acting_user=request.user.get_username(),
        method=request.method or "",
        path=request.path,
        needs=needed,
        role=role_of(request.user),
        now=timezone.now(),
    )
    raise PermissionDenied(f"{reason} {ANY_OF_THEM}")


def why_not(user: AbstractBaseUser | AnonymousUser, needed: Role) -> str:
    """Why this account may not act in that role, as a sentence; empty where it may."""
    role = role_of(user)
    if role.rank < needed.rank:
        return (
            f"Only {needed.with_article} may do this; {user.get_username()} is "
            f"{role.with_article}. An admin can change that under People."
        )
    wants_factor = needed is not Role.VIEWER and settings.REQUIRE_SECOND_FACTOR
    if wants_factor and not _is_verified(user):
        return (
            f"To act as {needed.with_article}, {user.get_username()} has to log in with a "
            "second factor first; set it up under Security."
        )
    return ""


def _is_verified(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether this session was opened with a second factor (django-otp's middleware)."""
    asked = getattr(user, "is_verified", None)
    return bool(asked and asked())
