"""The spot market of the sandbox: a stand-in for clouds that sell interruptible pods.

It speaks the pod routes of RunPod's REST v2 under a prefix of its own, so that the client
is RunPod's; what differs is what it declares. Nobody can rent real GPUs here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from requests.adapters import BaseAdapter

from fleet.providers import runpod_parse as parse
from fleet.providers.base import Capability, GpuOffer, RentalKind
from fleet.providers.runpod import RunPodProvider

NAME = "spotmarket"
SOURCE = "fleet/sandbox/spot.py"
NOTICE_SECONDS = 5

_NOT_SOLD = "The sandbox's spot market sells interruptible pods and nothing else."
CAPABILITIES = tuple(
    Capability(
        kind=kind,
        offered=kind is RentalKind.INTERRUPTIBLE,
        note=(
            f"Play money: taken away with {NOTICE_SECONDS} s of notice, at a price that "
            "changes by the hour and stays for the life of a pod."
            if kind is RentalKind.INTERRUPTIBLE
            else _NOT_SOLD
        ),
        as_of=date(2026, 11, 24),
        source=SOURCE,
    )
    for kind in RentalKind
)


def spot_base_url(sandbox_url: str) -> str:
    """Where the market's routes begin."""
    return f"{sandbox_url.rstrip('/')}/spot"


class SpotMarketProvider(RunPodProvider):
    """An account at the sandbox's spot market.

    sandbox_url  of the sandbox, without a prefix
    name         under which our rows keep it
    transport    carries the REST requests; None: the network
    """

    def __init__(
        self,
        *,
        sandbox_url: str,
        api_key: str,
        name: str = NAME,
        transport: BaseAdapter | None = None,
    ) -> None:
        base = spot_base_url(sandbox_url)
        super().__init__(
            api_key=api_key,
            base_url=base,
            graphql_url=f"{base}/graphql",
            proxy_url=f"{base}/proxy/{{pod_id}}/{{port}}",
            name=name,
            transport=transport,
        )

    def capabilities(self) -> tuple[Capability, ...]:
        return CAPABILITIES

    def offers(self) -> list[GpuOffer]:
        query = {"include": "AVAILABILITY", "product": "POD", "cloud": "SECURE"}
        body = self._http.get("/v2/catalog/gpus", params=query)
        listed = parse.offers(body, "SECURE")
        return [replace(offer, kind=RentalKind.INTERRUPTIBLE) for offer in listed]
