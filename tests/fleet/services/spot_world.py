"""A main account and a spot market in memory, and the ticks of a controller over both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from fleet.models import Deployment, Health, MarketOffer, OfferKind, Pod, PodStatus, Stock
from fleet.providers.base import GpuOffer
from fleet.providers.fake import FakeProvider
from fleet.services import provisioning, reconcile
from tests.clock import Clock
from tests.factories import make_deployment, make_offer

RTX_4090 = "NVIDIA GeForce RTX 4090"


class SpotMarket(FakeProvider):
    """The same account, whose pods may be taken away."""

    name = "spotmarket"

    def give_notice(self, provider_id: str, *, taken_at: datetime) -> None:
        pod = self._pods[provider_id]
        self._pods[provider_id] = replace(pod, taken_at=taken_at)


class World:
    """Both providers, and everything that a controller does between two moments."""

    def __init__(self, settings, *, spot_usd: str = "0.30") -> None:
        settings.PROVIDER_NAME, settings.SPOT_PROVIDER_NAME = "fake", "spotmarket"
        self.clock = Clock()
        self.scraped: list[str] = []
        self.main = FakeProvider(now=self.clock, offers=[offer("0.74")])
        self.spot = SpotMarket(now=self.clock, offers=[offer(spot_usd)])
        make_offer(provider="fake", seen_at=self.clock.now)
        MarketOffer.objects.create(
            provider="spotmarket",
            kind=OfferKind.INTERRUPTIBLE,
            gpu_type_id=RTX_4090,
            product=RTX_4090,
            display_name="RTX 4090",
            memory_gb=24,
            cloud="SECURE",
            max_count=8,
            stock=Stock.HIGH,
            usd_per_gpu_hour=Decimal(spot_usd),
            seen_at=self.clock.now,
        )

    def tick(self, **forward: float) -> str:
        """Time passes, prices stay fresh, the controller looks once and rents."""
        if forward:
            self.clock.forward(**forward)
        MarketOffer.objects.update(seen_at=self.clock.now)
        said = reconcile.tick(
            provider=self.main,
            others=[self.spot],
            simulated=False,
            clock=self.clock,
            new_key=lambda: "sk-0123456789abcdef",
            last_scrape=self.scrape,
            canary=lambda: "",
        )
        for provider in (self.main, self.spot):
            for pk in provisioning.due(provider_name=provider.name, now=self.clock.now):
                provisioning.provision(
                    pk, provider=provider, guard=lambda _: None, now=self.clock.now
                )
        return said

    def scrape(self, pods: Sequence[Pod]) -> None:
        self.scraped += [pod.name for pod in pods]
        Pod.objects.filter(pk__in=[pod.pk for pod in pods]).update(
            last_scrape_at=self.clock.now
        )

    def all_serve(self) -> None:
        """Every rented replica becomes ready now."""
        for pod in Pod.objects.filter(status=PodStatus.PROVISIONING):
            pod.move_to(
                PodStatus.SERVING, now=self.clock.now, facts={"ready_at": self.clock.now}
            )
        Pod.objects.filter(status=PodStatus.SERVING).update(
            health=Health.READY, probed_at=self.clock.now, provider_status="RUNNING"
        )

    def live(self) -> list[tuple[str, str]]:
        """Provider and status of each replica, in the order of their requests."""
        rows = Pod.objects.wanted().order_by("pk")
        return [(pod.provider, pod.status) for pod in rows]


def offer(usd: str) -> GpuOffer:
    return GpuOffer(RTX_4090, "RTX 4090", 24, "SECURE", Decimal(usd), 8, "HIGH")


make_spot_deployment = partial(
    make_deployment,
    rental_kind="spot",
    max_spot_usd_per_gpu_hour=Decimal("0.40"),
    on_demand_fallback=True,
)


def stored(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=deployment.pk)
