"""Whether a new key opens the account in which our pods run."""

from __future__ import annotations

from fleet.models import Pod
from fleet.providers.base import GpuProvider, ProviderError


def why_another_account(provider: GpuProvider) -> str:
    """Why a key may not be stored, as a sentence; "" where nothing speaks against it.

    The list of another account holds none of our pods. The rules would take them all for
    gone, stop counting what they cost, and rent every one of them a second time there.
    """
    billed = Pod.objects.maybe_billed().filter(provider=provider.name)
    ours = set(billed.exclude(provider_id="").values_list("provider_id", flat=True))
    if not ours:
        return ""
    many = "1 pod" if len(ours) == 1 else f"{len(ours)} pods"
    try:
        listed = {pod.provider_id for pod in provider.pods()}
    except ProviderError as error:
        return (
            f"The key was not stored: {many} may be billed, and whether they are in its "
            f"account could not be read ({error})."
        )
    if ours & listed:
        return ""
    return (
        f"The key was not stored: none of our {many} that may be billed is in its account, "
        "so it is another account's. End them first, or use the key of their account."
    )
