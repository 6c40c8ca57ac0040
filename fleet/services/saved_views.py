"""Saved views: keep the address of a page with its filters under a name, or forget it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max
from django.urls import Resolver404, resolve

from fleet.models import SavedView
from fleet.models.saved_view import LONGEST_ADDRESS, LONGEST_NAME
from fleet.own_path import is_own_path
from fleet.services.refused import Refused

MOST_VIEWS = 30  # of one person: more than that is a list to search, not to look at


def save_view(*, user: User, name: str, address: str, now: datetime) -> SavedView:
    """Keep `address`, a path of this console with its question, as `name`.

    A name that is there already gets the new address. Raises Refused with a sentence
    for a name or an address that will not do, or beyond MOST_VIEWS.
    """
    name, address = " ".join(name.split()), address.strip()
    _check(name, address)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # two tabs count one after other
        own = SavedView.objects.filter(user=user)
        if not own.filter(name=name).exists() and own.count() >= MOST_VIEWS:
            raise Refused.because(
                f"You keep {MOST_VIEWS} views already; forget one first.", field="name"
            )
        kept = {"address": address, "created_at": now}
        last = own.aggregate(last=Max("position"))["last"] or 0
        view, _ = SavedView.objects.update_or_create(
            user=user,
            name=name,
            defaults=kept,
            create_defaults=kept | {"position": last + 1},
        )
    return view


def move_view(*, user: User, pk: int, by: int) -> SavedView | None:
    """Move a view of this person among theirs, `by` places down (or up, below 0).

    None where there is no such view. The first goes no further up, the last no further
    down. Their positions are counted anew from 1.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        views = list(SavedView.objects.filter(user=user))
        found = next((view for view in views if view.pk == pk), None)
        if found is None:
            return None
        place = views.index(found)
        views.insert(min(max(place + by, 0), len(views) - 1), views.pop(place))
        for number, view in enumerate(views, 1):
            view.position = number
        SavedView.objects.bulk_update(views, ["position"])
    return found


def forget_view(*, user: User, pk: int) -> SavedView | None:
    """The view of this person that is gone now, as it was; None where there was none."""
    view = SavedView.objects.filter(user=user, pk=pk).first()
    if view is None or not SavedView.objects.filter(user=user, pk=pk).delete()[0]:
        return None
    return view


def _check(name: str, address: str) -> None:
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise Refused.because(
            f"Name has {len(name)} characters; write 1 to {LONGEST_NAME} that can be read.",
            field="name",
        )
    if len(address) > LONGEST_ADDRESS or not address.isprintable():
        raise Refused.because(
            f"The address has {len(address):,} characters; a view keeps up to "
            f"{LONGEST_ADDRESS:,}. Narrow the filters.",
            field="address",
        )
    if not _is_ours(address):
        raise Refused.because(
            f"The address is {address[:80]!r}; a view keeps a page of this console, such "
            "as /profit/?begin=2026-11-01.",
            field="address",
        )


def _is_ours(address: str) -> bool:
    """Whether it is a path that one of our pages answers. A host is never kept: a saved
    link must not lead elsewhere."""
    if not is_own_path(address):
        return False
    try:
        resolve(urlsplit(address).path)
    except Resolver404:
        return False
    return True
