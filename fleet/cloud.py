"""The provider that settings name. Only tasks, views and commands ask for it."""

from django.conf import settings

from fleet.providers.resources import FullProvider
from fleet.providers.runpod import RunPodProvider


def current_provider() -> FullProvider:
    """RunPod, or the sandbox that speaks its contract, under its own name in our rows."""
    return RunPodProvider(
        api_key=settings.RUNPOD_API_KEY,
        name=settings.PROVIDER_NAME,
        base_url=settings.RUNPOD_API_URL,
        graphql_url=settings.RUNPOD_GRAPHQL_URL,
        proxy_url=settings.RUNPOD_PROXY_URL,
    )
