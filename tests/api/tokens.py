"""Tokens with a secret that a test may know."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from kerne_site import api_tokens

SECRET = "0f" * 32
_numbers = itertools.count(1)


def token_of(user: User, **changes: Any) -> api_tokens.NewToken:
    """A token of `user`, good for 90 days from now unless told otherwise."""
    n = next(_numbers)
    given: dict[str, Any] = {
        "name": f"report {n}",
        "days": 90,
        "public_id": f"{n:012x}",
        "secret": SECRET,
        "acting_user": user.get_username(),
        "now": timezone.now(),
    }
    return api_tokens.create(user, **(given | changes))


def checked(made: api_tokens.NewToken, *, now: datetime) -> Any:
    """The row that the token's text opens at `now`."""
    return api_tokens.check(made.text, now=now)
