"""The account of a request, read together with what its groups grant and its zone."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from fleet.services.roles import with_grants
from kerne_site.zones import with_zone

BACKEND = "kerne_site.accounts.AccountBackend"


class AccountBackend(ModelBackend):
    """Django's own passwords; each request's account comes with its role and zone, in
    one query."""

    def get_user(self, user_id: int) -> User | None:
        user = with_zone(with_grants(User.objects.filter(pk=user_id))).first()
        return user if self.user_can_authenticate(user) else None
