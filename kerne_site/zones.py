"""Each person's own time zone: kept, read with the account, and put to use."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse

from fleet.shown_zone import UTC_NAME, shown_in, zone_named
from kerne_site.models import OwnZone

READ_WITH = "zone_name"


def with_zone(users: QuerySet[User]) -> QuerySet[User]:
    """Accounts with the name of their zone, so that `zone_of` asks nothing more."""
    return users.annotate(**{READ_WITH: F("own_zone__name")})


def zone_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """The name of the zone in which this person sees times. One query, and none where
    the account was read `with_zone`."""
    if not user.is_authenticated:
        return UTC_NAME
    if not hasattr(user, READ_WITH):
        row = OwnZone.objects.filter(user=user.pk).first()
        setattr(user, READ_WITH, None if row is None else row.name)
    return getattr(user, READ_WITH) or UTC_NAME


def set_zone(user: User, text: str) -> str:
    """Keep a person's zone; its name. Raises ZoneUnknown, and then nothing is changed."""
    name = zone_named(text)
    OwnZone.objects.update_or_create(user=user, defaults={"name": name})
    setattr(user, READ_WITH, name)
    return name


class OwnZoneMiddleware:
    """Times of the answer are shown in the zone of whoever asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with shown_in(lambda: zone_of(request.user)):
            return self._get_response(request)
