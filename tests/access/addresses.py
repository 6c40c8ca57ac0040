"""Every address of the console with the role that it needs, read from the resolver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from fleet.access import Policy

# What a stranger may open: to log in, and for load balancers.
PUBLIC = {"healthz", "login", "login-link", "login-code", "api:nothing", "market-models"}
# Sent by everybody for themselves: their own session and their own tokens.
OWN_ACCOUNT = {"logout", "account-tokens", "account-token-revoke"} | {
    "account-password",
    "account-time-zone",
    "account-factor-begin",
    "account-factor-finish",
    "account-factor-codes",
    "account-factor-off",
    "account-session-end",
    "fleet:saved-views",
    "fleet:saved-view-back",
    "fleet:saved-view-forget",
    "fleet:saved-view-move",
}
# A POST because the form is too long for an address; it computes and changes nothing.
READS_BY_POST = {"fleet:order-fit", "economics:order-pays"}
EXAMPLES = {
    "kind": "stop",
    "slug": "orphan",
    "name": "fleet.tasks.reconcile",
    "chart": "frontier",
    "token_class": "prompt",
    "public_id": "0" * 12,
}


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver under its full name."""

    name: str
    pattern: URLPattern

    @property
    def policy(self) -> Policy | None:
        return getattr(self.pattern.callback, "policy", None)

    @property
    def is_api(self) -> bool:
        return getattr(self.pattern.callback, "is_api_view", False)

    def path(self, **known: Any) -> str:
        """A path of it; `known` are the values of its parameters."""
        names = self.pattern.pattern.converters  # type: ignore[union-attr]
        values = {each: known.get(each, EXAMPLES.get(each, 1)) for each in names}
        return reverse(self.name, kwargs=values)


def all_addresses() -> list[Address]:
    return list(_walk(get_resolver(), ()))


def _walk(resolver: URLResolver, spaces: tuple[str, ...]) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern, inner)
        else:
            yield Address(":".join((*spaces, pattern.name or "?")), pattern)
