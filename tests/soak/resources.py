"""Volumes and endpoints in a soak: what is ordered and ended, and what was left of them."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Q, Sum

from economics import guards
from economics.models import ResourceCostLine, ResourceObservation
from fleet.models import (
    RESOURCE_OVER,
    ActionKind,
    Deployment,
    NetworkVolume,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.providers.base import ProviderError
from fleet.providers.resources import EndpointRequest, VolumeRequest
from fleet.services import resource_rent
from fleet.services.actions.kinds import apply_plan, plan_action
from fleet.services.actions.plan import Confirmation
from fleet.services.refused import Refused
from tests.factories import make_deployment
from tests.soak.cloud import InProcessCloud, WiredProvider

SLUG = "store-"  # deployments that want no pod, so that the pods' own story goes on
GPU = "NVIDIA GeForce RTX 4090"
NOTHING = Decimal(0)
Row = NetworkVolume | ServerlessEndpoint


def make_stores(number: int, **columns: Any) -> None:
    """Deployments that may have a volume and an endpoint."""
    for n in range(number):
        slug = f"{SLUG}{chr(ord('a') + n)}"
        make_deployment(**({"slug": slug, "replicas": 0, "gpu_type_id": GPU} | columns))


def rows(*, over: bool) -> list[Row]:
    """Volumes and endpoints of ours, those that are over or the others."""
    found: list[Row] = []
    for model in (NetworkVolume, ServerlessEndpoint):
        every = model.objects.order_by("pk")
        found += (
            every.filter(status__in=RESOURCE_OVER)
            if over
            else every.exclude(status__in=RESOURCE_OVER)
        )
    return found


def is_settling() -> bool:
    """Whether anything of volumes and endpoints waits for the next look."""
    passing = Q(status__in=(ResourceStatus.CREATING, ResourceStatus.ENDING))
    waits = passing | Q(status=ResourceStatus.LIVE, list_misses__gt=0)
    asked = StrayResource.objects.filter(gone_at=None)
    return (
        NetworkVolume.objects.filter(waits | Q(growing_to_gb__isnull=False)).exists()
        or ServerlessEndpoint.objects.filter(waits).exists()
        or asked.exclude(kind=StrayResource.Kind.VOLUME, end_wanted_by="").exists()
    )


class Storekeeper:
    """Orders and ends volumes and endpoints, lets volumes grow, and leaves strays."""

    def __init__(self, random: Random, cloud: InProcessCloud) -> None:
        self._random = random
        self._cloud = cloud
        self._keys = itertools.count(1)
        self.deeds: Counter[str] = Counter()

    def act(self, now: datetime, *, hours: float) -> None:
        """What happens in the next `hours`, a short time."""
        if self._random.random() < hours / 2:
            self._change_mind(now)
        if self._random.random() < hours / 24:
            self._leave_stray()
        if self._random.random() < hours / 12:
            self._settle_strays(now)

    def _change_mind(self, now: datetime) -> None:
        stores = Deployment.objects.filter(slug__startswith=SLUG).order_by("pk")
        slug = self._random.choice(list(stores)).slug
        deed = self._random.choice(("volume", "endpoint", "grow", "end", "end"))
        if deed == "volume":
            place = {
                "size_gb": str(self._random.randint(10, 1200)),
                "data_center": "EU-RO-1",
            }
            self._do(ActionKind.ADD_VOLUME, now, deployment=slug, **place)
        elif deed == "endpoint":
            least = str(self._random.randint(0, 1))
            self._do(ActionKind.ADD_ENDPOINT, now, deployment=slug, workers_min=least)
        elif deed == "grow":
            volume = NetworkVolume.objects.filter(deployment__slug=slug).last()
            if volume is not None:
                size = str(volume.size_gb + self._random.randint(1, 200))
                self._do(ActionKind.GROW_VOLUME, now, volume=volume.name, size_gb=size)
        else:
            self._end(
                [each for each in rows(over=False) if each.deployment.slug == slug], now
            )

    def _do(self, kind: ActionKind, now: datetime, **parameters: str) -> None:
        """Plan and confirm, as the page does; a refusal is one more deed."""
        try:
            plan = plan_action(kind, parameters, guard=guards.veto, now=now)
            if plan.blocked:
                raise Refused.because(plan.blocked)
            answers = {"typed": plan.typed}
            key = f"soak-{next(self._keys)}"
            apply_plan(plan, Confirmation("ada", key, answers), now=now)
            self.deeds[kind.label] += 1
        except Refused:
            self.deeds["refused"] += 1

    def _end(self, those: list[Row], now: datetime) -> None:
        for row in those:
            try:
                if resource_rent.request_end(row, acting_user="ada", now=now):
                    self.deeds[f"end {row.kind}"] += 1
            except ValueError:  # an endpoint mounts it still
                continue

    def _leave_stray(self) -> None:
        """Something under our prefix that no row knows, or somebody else's."""
        number = next(self._keys)
        head = self._random.choice(("kerne-demo-stray", "somebodys"))
        provider = WiredProvider(self._cloud, lambda point: None)
        try:
            if self._random.random() < 0.5:
                provider.create_volume(VolumeRequest(f"{head}-vol-{number}", 50, "EU-RO-1"))
            else:
                name = f"kerne-demo-stray-sls-{number}"
                wanted = EndpointRequest(name, "img", "", {}, GPU, 1, 1, 1, 20)
                provider.create_endpoint(wanted)
            self.deeds["stray"] += 1
        except ProviderError:
            self.deeds["stray"] += 0  # struck by a fault, like any create

    def _settle_strays(self, now: datetime) -> None:
        """End a stray volume, or adopt it; endpoints end by rule."""
        for stray in StrayResource.objects.filter(kind="volume", gone_at=None).order_by(
            "pk"
        ):
            named = {"stray": f"volume:{stray.provider_id}"}
            store = f"{SLUG}{self._random.choice('abc')}"
            if self._random.random() < 0.3:
                self._do(ActionKind.ADOPT_VOLUME, now, deployment=store, **named)
            else:
                self._do(ActionKind.END_STRAY, now, **named)

    def end_all(self, now: datetime) -> None:
        """The end of the soak; asked again until nothing is left."""
        self._end(rows(over=False), now)
        for stray in StrayResource.objects.filter(gone_at=None, end_wanted_by=""):
            name = f"{stray.kind}:{stray.provider_id}"
            self._do(ActionKind.END_STRAY, now, stray=name)

    def left(self) -> list[str]:
        """Names of what the cloud still has."""
        cloud = self._cloud.cloud
        endpoints = [str(each.shown["name"]) for each in cloud.endpoints.present()]
        return [each.name for each in cloud.volumes.present()] + endpoints


@dataclass
class ResourceFindings:
    """All that is wrong is a list here, and empty; the rest is for the report."""

    rented: int = 0
    strays: int = 0
    late: int = 0
    alive: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    charged_usd: Decimal = NOTHING
    booked_usd: Decimal = NOTHING
    unattributed_usd: Decimal = NOTHING

    @property
    def difference_usd(self) -> Decimal:
        """Books less bill: 0 when every second is booked once."""
        return self.booked_usd + self.unattributed_usd - self.charged_usd

    def text(self) -> str:
        return (
            f"volumes and endpoints: {self.rented} rented, {self.strays} strays, "
            f"{self.late} found late; twice {len(self.twice)}, alive {len(self.alive)}, "
            f"unexplained {len(self.unexplained)}, leaked {len(self.leaked)}; charged "
            f"{self.charged_usd:.6f} USD, booked {self.booked_usd:.6f} USD and "
            f"{self.unattributed_usd:.6f} USD without a row; "
            f"difference {self.difference_usd:.6f} USD"
        )


def compare_resources(truth: dict[str, Any], *, grace: timedelta) -> ResourceFindings:
    """The truth of the cloud against our rows, after the end of all."""
    found = ResourceFindings()
    found.late = sum(
        "found after its create was given up" in each.status_reason
        for each in rows(over=True)
    )
    ours: dict[tuple[str, str], Row] = {
        (each.kind, each.provider_id): each for each in rows(over=True) if each.provider_id
    }
    strays = set(StrayResource.objects.values_list("kind", "provider_id"))
    kept = unattributed()
    names: Counter[str] = Counter()
    for kind, key in (("volume", "network_volumes"), ("endpoint", "serverless")):
        for item in truth[key]:
            names[item["name"]] += 1
            row = ours.get((kind, item["id"]))
            charged = charge(item)
            found.rented += 1
            found.charged_usd += charged
            if item["ended_at"] is None:
                found.alive.append(item["name"])
                continue
            booked = NOTHING if row is None else booked_of(row)
            without = kept.get((kind, item["id"]), NOTHING)
            found.booked_usd += booked
            found.unattributed_usd += without
            if abs(booked + without - charged) > Decimal("0.005"):
                found.wrong.append(
                    f"{item['name']}: booked {booked} + {without}, charged {charged}"
                )
            if row is None:
                found.strays += 1
                if (kind, item["id"]) not in strays:
                    found.unexplained.append(item["name"])
            if (lived := unwanted(kind, item, row)) > grace:
                found.leaked.append(f"{item['name']} lived {lived} unwanted")
    found.twice = [name for name, count in names.items() if count > 1]
    return found


def unwanted(kind: str, item: dict[str, Any], row: Row | None) -> timedelta:
    """How long one lived that nobody wanted. A stray volume lives until somebody says."""
    end = datetime.fromisoformat(item["ended_at"])
    if row is not None:
        told = row.end_requested_at or end
        found = row.billed_from or told  # a late one is told as soon as it is found
        return max(end - max(told, found), timedelta(0))
    if kind == "volume":
        return timedelta(0)
    return end - datetime.fromisoformat(item["created_at"])


def charge(item: dict[str, Any]) -> Decimal:
    usd = item["charge_usd"]
    return Decimal(usd["total"] if isinstance(usd, dict) else usd)


def booked_of(row: Row) -> Decimal:
    lines = ResourceCostLine.objects.filter(**{row.kind: row})
    return lines.aggregate(usd=Sum("amount_usd"))["usd"] or NOTHING


def unattributed() -> dict[tuple[str, str], Decimal]:
    """USD that the bill has for what no row of ours explains, by kind and id."""
    latest: dict[tuple[str, str, datetime], Decimal] = {}
    for each in ResourceObservation.objects.order_by("revision"):
        usd = NOTHING if each.explained else each.total_usd
        latest[each.kind, each.provider_id, each.bucket_start] = usd
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (kind, provider_id, _), usd in latest.items():
        sums[kind, provider_id] += usd
    return dict(sums)
