"""Lists that lag: what was just made is not shown yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from fleet.sandbox.call import Call


class HasBirth(Protocol):
    created_at: int


Born = TypeVar("Born", bound=HasBirth)


def listed(
    call: Call, items: Iterable[Born], *, name_of: Callable[[Born], str]
) -> list[Born]:
    """What a list shows: all that is there, less what a lagging list hides."""
    cloud, now = call.cloud, call.cloud.now()
    shown, lag = [], None
    for item in items:
        name = name_of(item)
        lag = lag or cloud.faults.strike("list_lag", name)
        hidden = (
            lag is not None
            and lag.names(name)
            and now < item.created_at + float(lag.params["seconds"])
        )
        if not hidden:
            shown.append(item)
    return shown
