"""A soak: days of a fleet in minutes, with faults, deaths and a balance that swings."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

from fleet.models import Deployment, Fleet, Pod, PodStatus, RentalKind, Tier
from fleet.services import fleets
from tests.clock import MIDNIGHT, Clock
from tests.factories import make_deployment, make_llama, make_price
from tests.sandbox.harness import pod_body
from tests.soak import books
from tests.soak.cloud import InProcessCloud, running_cloud
from tests.soak.console import SPOT, Console, Operator
from tests.soak.resources import (
    ResourceFindings,
    Storekeeper,
    compare_resources,
    make_stores,
)
from tests.soak.trouble import Trouble

QUIET, BUSY = timedelta(minutes=10), timedelta(minutes=1)
REPLICAS = 5
PODS_PER_SPOT_REPLICA = 10  # for every ten pods one more on each of two deployments
PER_HOUR = 0.5  # faults, and as many deaths
STRAYS_PER_DAY = 1  # of pods; every third at the spot market
INTERRUPTIONS_PER_POD_HOUR = 0.1
SEEN = 0.5  # of the notices, as if the worker looked in time
AFTER_NOTICE_SECONDS = 2
MAX_SPOT_USD = Decimal("0.40")  # per GPU-hour; above it in one hour of five
STORES = 3  # deployments with volumes and endpoints
LONGEST_END = timedelta(hours=6)
# A stray is first seen a list later, which may be refused, and seen again at the end of
# its grace, when a delete may be lost and sent again. A quiet fleet is looked at every ten
# minutes.
GRACE = timedelta(seconds=600) + 3 * QUIET
DEMAND = "prompt_tokens_per_hour=900000,cached_share=0.4,completion_tokens_per_hour=300000"


@dataclass
class Report:
    """What a soak found, for people; `findings` is what is asserted."""

    days: int
    pods: int
    seed: int
    findings: books.Findings
    resources: ResourceFindings
    faults: Counter[str]
    deaths: Counter[str]
    deeds: Counter[str]
    store_deeds: Counter[str]
    unanswered: Counter[str]
    failures: list[str]
    too_many: list[str]
    steps: int
    seconds: float

    def text(self) -> str:
        found = self.findings
        speed = self.days * 86_400 / self.seconds
        lines = [
            f"seed {self.seed}: {self.days} days, {self.pods} pods wanted, "
            f"{self.steps} steps in {self.seconds:.0f} s ({speed:,.0f} times real time)",
            f"rented {found.rented} pods for {found.pod_hours:,.1f} pod-hours",
            f"faults struck: {counted(self.faults)}",
            f"deaths of the worker: {counted(self.deaths)}",
            f"the operator: {counted(self.deeds)}",
            f"requests refused or unanswered: {counted(self.unanswered)}",
            f"pods rented twice: {len(found.twice)}; beyond the wish: {len(self.too_many)}",
            f"orphans: {found.orphans}, the longest lived {found.longest_orphan}; "
            f"the longest end of a pod took {found.longest_end}",
            f"leaked beyond the grace of {GRACE}: {len(found.leaked)}; "
            f"still alive: {len(found.alive)}; unexplained: {len(found.unexplained)}",
            f"charged {found.charged_usd:.6f} USD; booked {found.booked_usd:.6f} USD and "
            f"{found.unattributed_usd:.6f} USD of pods without a row; "
            f"difference {found.difference_usd:.6f} USD",
            f"interruptions: {found.noticed} seen, {found.unnoticed} not; books less bill "
            + ", ".join(f"{each} {usd:.6f} USD" for each, usd in found.accounts.items()),
            f"the storekeeper: {counted(self.store_deeds)}",
            self.resources.text(),
        ]
        return "\n".join(lines)


def counted(counts: Counter[str]) -> str:
    words = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    return f"{counts.total()} ({words})" if words else "none"


class Soak:
    """One soak over an empty database; the same seed gives the same story."""

    def __init__(
        self, cloud: InProcessCloud, clock: Clock, *, pods: int, seed: int
    ) -> None:
        random = Random(seed)
        self._random = random
        self._cloud, self._clock, self._pods, self._seed = cloud, clock, pods, seed
        self.trouble = Trouble(random, cloud, per_hour=PER_HOUR)
        self.console = Console(cloud, clock, self.trouble.deaths)
        self.operator = Operator(
            random, cloud, size=REPLICAS, spot_size=spot_replicas(pods)
        )
        self.storekeeper = Storekeeper(random, cloud)
        self._steps = self._strays = 0
        self._drawn: set[str] = set()  # pods whose notice was drawn to be seen or not
        self._too_many: list[str] = []
        make_wishes(pods, created_at=clock.now)

    def run(self, *, days: int) -> Report:
        """All of it: the days, the end of every pod, the closed books."""
        began = monotonic()
        end = self._clock.now + timedelta(days=days)
        self.operator.top_up()
        while self._clock.now < end:
            hours = self._step() / timedelta(hours=1)
            self.trouble.order(hours=hours)
            self.operator.act(self._clock.now, hours=hours)
            self.storekeeper.act(self._clock.now, hours=hours)
            self._leave_stray(hours)
        self._end()
        truth = self._cloud.truth()
        return Report(
            days=days,
            pods=self._pods,
            seed=self._seed,
            findings=books.compare(truth, grace=GRACE),
            resources=compare_resources(truth, grace=GRACE),
            faults=self.trouble.struck,
            deaths=self.trouble.deaths.struck,
            deeds=self.operator.deeds,
            store_deeds=self.storekeeper.deeds,
            unanswered=self.console.unanswered,
            failures=self.console.failures,
            too_many=self._too_many,
            steps=self._steps,
            seconds=monotonic() - began,
        )

    def _step(self) -> timedelta:
        """One look of the console at the world; how much time went by."""
        began = self._clock.now
        self.console.work()
        self._count_replicas()
        self._steps += 1
        pause = BUSY if self.console.is_settling() else QUIET
        self._clock.now = self._next_look(self._clock.now + pause)
        return self._clock.now - began

    def _next_look(self, then: datetime) -> datetime:
        """`then`, or sooner: within the notice of an interruption, where it is seen."""
        for pod in self._cloud.market.live():
            if pod.interrupt_at is None or pod.id in self._drawn:
                continue
            look = datetime.fromtimestamp(pod.interrupt_at + AFTER_NOTICE_SECONDS, UTC)
            if look <= then:
                self._drawn.add(pod.id)
                if self._clock.now < look and self._random.random() < SEEN:
                    then = look
        return then

    def _leave_stray(self, hours: float) -> None:
        """A pod under our prefix that no row knows, as a restored backup leaves it."""
        if self._random.random() < STRAYS_PER_DAY * hours / 24:
            self._strays += 1
            body = pod_body(f"kerne-demo-stray-{self._strays}")
            try:
                prefix = "" if self._strays % 3 else "/spot"
                self._cloud.ask("POST", f"{prefix}/v2/pods", body)
            except (AssertionError, ConnectionResetError):
                return  # struck by a fault, like any create

    def _count_replicas(self) -> None:
        """Pods that bill, and were not told to stop, are never more than wanted."""
        told = set(
            Pod.objects.filter(status=PodStatus.TERMINATING).values_list("name", flat=True)
        )
        running: defaultdict[str, int] = defaultdict(int)
        for pod in self._cloud.live():
            if pod.name not in told and "-stray-" not in pod.name:
                running[pod.name.rpartition("-")[0]] += 1
        for slug, replicas in Deployment.objects.values_list("slug", "replicas"):
            count = running[f"kerne-demo-{slug}"]
            if count > max(replicas, self._wanted_rows(slug) if count > replicas else 0):
                self._too_many.append(f"{self._clock.now:%d %H:%M} {slug}: {count}")

    def _wanted_rows(self, slug: str) -> int:
        """Replicas that count as wanted; a worker that died has not told them yet."""
        return Pod.objects.wanted().filter(deployment__slug=slug).count()

    def _end(self) -> None:
        """Stop everything, wait until nothing bills, read the bill, close the days."""
        self.trouble.end_faults()
        self.operator.stop_all(self._clock.now)
        last = self._clock.now + LONGEST_END
        left = self.storekeeper.left
        while self._cloud.live() or left() or self.console.is_settling():
            alive = [*self._cloud.live(), *left()]
            assert self._clock.now < last, f"still alive: {alive}"
            self.storekeeper.end_all(self._clock.now)
            self._step()
        after = self._clock.now + timedelta(days=1, hours=5)
        while self._clock.now < after:
            self.console.work()
            self._clock.forward(hours=1)


def make_wishes(pods: int, *, created_at: datetime) -> None:
    """`pods` replicas of Llama 3.1 8B, five to a deployment, with a price for tokens; and
    two deployments on spot, for one of which on demand may stand in."""
    fleets.ensure_tiers(simulated=True)
    fleet = Fleet.objects.filter(simulated=True, tier=Tier.ONE).get()
    llama = make_llama()
    make_price(served_model=llama.served_model)
    make_stores(STORES, fleet=fleet, variant=llama, created_at=created_at)
    for number in range(pods // REPLICAS):
        make_deployment(
            fleet=fleet,
            variant=llama,
            slug=f"llama-{chr(ord('a') + number)}",
            replicas=REPLICAS,
            extra_env={"KERNE_REPLAY_DEMAND": f"{DEMAND},seed={number}"},
            created_at=created_at,
        )
    for slug, stands_in in (("a", False), ("b", True)):
        make_deployment(
            fleet=fleet,
            variant=llama,
            slug=f"{SPOT}{slug}",
            rental_kind=RentalKind.SPOT,
            max_spot_usd_per_gpu_hour=MAX_SPOT_USD,
            on_demand_fallback=stands_in,
            replicas=spot_replicas(pods),
            extra_env={"KERNE_REPLAY_DEMAND": f"{DEMAND},seed={slug}"},
            created_at=created_at,
        )


def spot_replicas(pods: int) -> int:
    """Replicas of each spot deployment beside so many pods on demand."""
    return max(1, pods // PODS_PER_SPOT_REPLICA)


def soak(folder: Path, *, days: int, pods: int, seed: int) -> Report:
    """A whole soak in an empty database."""
    clock = Clock(MIDNIGHT)
    terms: dict[str, Any] = {
        "opening_balance_usd": Decimal(100),
        "spot_interruptions_per_hour": INTERRUPTIONS_PER_POD_HOUR,
        "spot_seed": str(seed),
    }
    with running_cloud(folder, clock, **terms) as cloud:
        return Soak(cloud, clock, pods=pods, seed=seed).run(days=days)
