"""The providers that settings name. Only tasks, views and commands ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from django.conf import settings

from fleet.providers.base import Balance
from fleet.providers.errors import Unauthorized
from fleet.providers.no_key import NO_KEY, RefusesEverything
from fleet.providers.resources import FullProvider
from fleet.providers.runpod import RunPodProvider
from fleet.providers.runpod_follow import LogEvent, follow
from fleet.providers.sandbox_spot import SpotMarketProvider, spot_base_url
from fleet.selectors.providers import main_provider, provider_names, spot_provider
from fleet.services import stored_secrets


class KeylessProvider(RunPodProvider):
    """RunPod before anybody gave a key: each call is refused here, none is sent."""

    def __init__(self, **given: Any) -> None:
        super().__init__(api_key="none", transport=RefusesEverything(), **given)

    def balance(self) -> Balance | None:
        raise Unauthorized(NO_KEY)


def current_provider() -> FullProvider:
    """RunPod, or the sandbox that speaks its contract, under its own name in our rows.

    The key of the environment wins over the one that an admin stored on the page.
    """
    return provider_with(
        settings.RUNPOD_API_KEY or stored_secrets.read(stored_secrets.RUNPOD)
    )


def providers() -> tuple[FullProvider, ...]:
    """Every connected provider, the main one first."""
    return tuple(provider_named(name) for name in provider_names())


def provider_named(name: str) -> FullProvider:
    """The provider under which rows keep `name`. Raises LookupError where it is not
    connected: nothing can be asked of it, nor ended there."""
    if name == main_provider():
        return current_provider()
    if name and name == spot_provider():
        return SpotMarketProvider(
            name=name,
            sandbox_url=settings.SPOT_PROVIDER_URL,
            api_key=settings.RUNPOD_API_KEY,
        )
    raise LookupError(f"{name} is not connected; connected are {provider_names()}")


def provider_with(key: str | None) -> FullProvider:
    """The provider under that key; without one every call is refused here."""
    told: dict[str, Any] = {
        "name": settings.PROVIDER_NAME,
        "base_url": settings.RUNPOD_API_URL,
        "graphql_url": settings.RUNPOD_GRAPHQL_URL,
        "proxy_url": settings.RUNPOD_PROXY_URL,
        "queue_url": settings.RUNPOD_ENDPOINT_BASE_URL,
    }
    return RunPodProvider(api_key=key, **told) if key else KeylessProvider(**told)


def followed_log(
    provider: str, provider_id: str, *, tail: int, after: str, seconds: float
) -> AsyncIterator[LogEvent]:
    """A pod's log as it comes. Reads the key now, asks the provider when iterated."""
    base = settings.RUNPOD_API_URL
    if provider != main_provider():
        base = spot_base_url(settings.SPOT_PROVIDER_URL)
    return follow(
        base_url=base,
        api_key=settings.RUNPOD_API_KEY or stored_secrets.read(stored_secrets.RUNPOD) or "",
        provider_id=provider_id,
        tail=tail,
        after=after,
        seconds=seconds,
    )
