"""Roles: a viewer reads, an operator acts, an admin sets limits, keys and accounts.

Each role is a group of that name with the permissions of its rank. The groups are made
after every `migrate`, so a database that was emptied has them again. A superuser (the
owner, whom the first login link makes) may do everything and counts as an admin.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import (
    AbstractBaseUser,
    AnonymousUser,
    Group,
    Permission,
    User,
)
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, QuerySet

OPERATE = "fleet.operate"
ADMINISTER = "fleet.administer"


class Role(models.TextChoices):
    """What an account may do; each includes the ones before it."""

    VIEWER = "viewer", "viewer"
    OPERATOR = "operator", "operator"
    ADMIN = "admin", "admin"

    @property
    def rank(self) -> int:
        return RANKS.index(self)

    @property
    def with_article(self) -> str:
        """As in "only an operator may do this"."""
        return f"a {self}" if self is Role.VIEWER else f"an {self}"


RANKS = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
MEANING = {
    Role.VIEWER: "reads every page",
    Role.OPERATOR: "also orders, stops and sets prices",
    Role.ADMIN: "also sets limits, keys and accounts",
}
PERMISSIONS = {
    Role.VIEWER: (),
    Role.OPERATOR: (OPERATE,),
    Role.ADMIN: (OPERATE, ADMINISTER),
}
CODENAMES = tuple(name.removeprefix("fleet.") for name in (OPERATE, ADMINISTER))
KEPT = "_kerne_role"


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role:
    """The highest role of an account, by its groups; kept on the object. One query, and
    none where the account was read `with_grants`."""
    known: Role | None = getattr(user, KEPT, None)
    if known is None:
        known = _read_role(user)
        setattr(user, KEPT, known)
    return known


def with_grants(users: QuerySet[User]) -> QuerySet[User]:
    """Accounts with what their groups grant, so that `role_of` asks nothing more."""
    return users.annotate(granted=ArraySubquery(_granted(OuterRef("pk"))))


def _granted(user: int | OuterRef) -> QuerySet[Permission, str]:
    """The code names of the permissions that a user's groups give, out of ours."""
    return Permission.objects.filter(
        group__user__pk=user, content_type__app_label="fleet", codename__in=CODENAMES
    ).values_list("codename", flat=True)


def _read_role(user: AbstractBaseUser | AnonymousUser) -> Role:
    if getattr(user, "is_superuser", False):
        return Role.ADMIN
    known = getattr(user, "granted", None)
    held = set(_granted(user.pk or 0) if known is None else known)
    for role in reversed(RANKS):
        if {name.removeprefix("fleet.") for name in PERMISSIONS[role]} <= held:
            return role
    return Role.VIEWER


def ensure_groups(using: str = "default", **_: Any) -> None:
    """Make the three groups with their permissions, or put them right (post_migrate)."""
    known = {
        f"fleet.{row.codename}": row
        for row in Permission.objects.using(using).filter(
            content_type__app_label="fleet", codename__in=CODENAMES
        )
    }
    if len(known) < len(CODENAMES):
        return  # migrated back to before there were roles
    for role, names in PERMISSIONS.items():
        group, _made = Group.objects.using(using).get_or_create(name=role.value)
        group.permissions.set([known[name] for name in names])
