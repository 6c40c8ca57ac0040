"""The console of a soak: the real services on a schedule, and an operator who is human."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from django.db.models import Q

from economics import guards
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day, due_days
from economics.services.metering import seal_hours, settle_usage
from economics.services.revenue import post_revenue
from fleet.models import ENDED, Deployment, Health, Orphan, Pod, PodStatus
from fleet.providers import errors
from fleet.providers.base import ProviderError
from fleet.services import (
    catalog,
    cloud_list,
    fault_points,
    lifecycle,
    probing,
    provisioning,
    reconcile,
    resources,
)
from fleet.services.jobs import JobFailed
from tests.clock import Clock
from tests.soak import resources as soak_resources
from tests.soak.cloud import (
    MAIN,
    MARKET,
    PREFIXES,
    InProcessCloud,
    Probes,
    WiredMarket,
    WiredProvider,
)
from tests.soak.trouble import Deaths, Killed

SETTLING = (PodStatus.CREATING, PodStatus.PROVISIONING, PodStatus.TERMINATING)
SICK = (Health.HUNG, Health.DEAD)
SICK_MINUTES = 15
PODS = "llama-"  # deployments whose story is that of pods
SPOT = "spot-"  # and of pods at the spot market
PROVIDER_ERRORS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type)
}  # as a job's sentence names them


@dataclass
class Job:
    """One line of the schedule."""

    name: str
    every: timedelta
    work: Callable[[datetime], object]
    due: datetime


@dataclass
class Console:
    """Workers that may die at any point; what they leave behind is only in the database."""

    cloud: InProcessCloud
    clock: Clock
    deaths: Deaths
    unanswered: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.probes = Probes(self.cloud)
        self._keys = 0
        minute, hour = timedelta(minutes=1), timedelta(hours=1)
        # Slower than in production where only the soak's own time depends on it.
        start = self.clock.now
        self.jobs = [
            Job("catalog", 6 * hour, self._catalog, start),
            Job("balance", 10 * minute, self._balance, start),
            # A spot price is stale after twenty minutes; the notice lasts five seconds.
            Job("market", 15 * minute, self._market, start),
            Job("watch", timedelta(seconds=3), self._watch, start),
            Job("reconcile", minute, self._reconcile, start),
            Job("rent", minute, self._rent, start),
            Job("list", minute, self._list, start),
            Job("resources", minute, self._tend, start),
            Job("probe", 10 * minute, self._probe, start),
            Job("usage", 4 * hour, self._usage, start),
            Job("costs", 3 * hour, accrue, start),
            Job("billing", 6 * hour, self._billing, start),
            Job("close", hour, self._close, start + 20 * minute),
        ]

    @property
    def provider(self) -> WiredProvider:
        """A session of its own for each job, as a task has."""
        return WiredProvider(self.cloud, self.deaths.reach)

    @property
    def spot_market(self) -> WiredMarket:
        return WiredMarket(self.cloud, self.deaths.reach)

    def work(self) -> None:
        """Run what is due. A death ends the run; beat rings again at the next one."""
        try:
            with fault_points.watched(self.deaths.reach):
                for job in self.jobs:
                    if job.due <= self.clock.now:
                        job.due = self.clock.now + job.every
                        self._run(job)
        except Killed:
            return

    def _run(self, job: Job) -> None:
        try:
            job.work(self.clock.now)
        except ProviderError as error:
            self.unanswered[f"{job.name}: {type(error).__name__}"] += 1
        except JobFailed as failure:
            self.failures.append(f"{self.clock.now:%d %H:%M} {job.name}: {failure}")

    def is_settling(self) -> bool:
        """Whether anything waits for the next look."""
        return (
            Pod.objects.filter(status__in=SETTLING).exists()
            or any(
                provisioning.due(provider_name=name, now=self.clock.now)
                for name in PREFIXES
            )
            or Pod.objects.exclude(status__in=ENDED).filter(list_misses__gt=0).exists()
            or Pod.objects.rented().filter(health__in=SICK).exists()
            or Orphan.objects.filter(gone_at=None).exists()
            or soak_resources.is_settling()
        )

    def _new_key(self) -> str:
        self._keys += 1
        return f"sk-soak-{self._keys:08d}"

    def _reconcile(self, now: datetime) -> None:
        reconcile.tick(
            provider=self.provider,
            others=[self.spot_market],
            simulated=True,
            clock=self.clock,
            new_key=self._new_key,
            last_scrape=partial(probing.last_scrape, clock=self.clock, ask=self.probes),
            canary=lambda: "",
        )

    def _rent(self, now: datetime) -> None:
        for provider in (self.provider, self.spot_market):
            for pod_id in provisioning.due(provider_name=provider.name, now=now):
                provisioning.provision(
                    pod_id, provider=provider, guard=guards.veto, now=self.clock.now
                )

    def _list(self, now: datetime) -> None:
        done = cloud_list.compare(provider=self.provider, now=now)
        if done.troubles:
            raise JobFailed(done.sentence())

    def _watch(self, now: datetime) -> None:
        """The market's list; what was interrupted is replaced at once."""
        done = cloud_list.compare(provider=self.spot_market, now=now)
        if done.interrupted:
            for job in self.jobs:
                if job.name in ("reconcile", "rent"):
                    job.due = now
        if done.troubles:
            raise JobFailed(done.sentence())

    def _tend(self, now: datetime) -> None:
        """A row for which the provider did not answer breaks the job, and is no fault."""
        try:
            resources.tend(provider=self.provider, guard=guards.veto, now=now)
        except JobFailed as failure:
            broke = str(failure).partition(";")[0].partition("broke: ")[2]
            if {each.rpartition(": ")[2] for each in broke.split(", ")} - PROVIDER_ERRORS:
                raise
            self.unanswered["resources: some row"] += 1

    def _probe(self, now: datetime) -> None:
        probing.sweep(provider_names=(MAIN, MARKET), clock=self.clock, ask=self.probes)

    def _catalog(self, now: datetime) -> None:
        catalog.refresh(provider=self.provider, now=now)

    def _market(self, now: datetime) -> None:
        catalog.refresh(provider=self.spot_market, now=now)

    def _balance(self, now: datetime) -> None:
        for provider in (self.provider, self.spot_market):
            catalog.read_balance(provider=provider, now=now)

    def _usage(self, now: datetime) -> None:
        settle_usage(now)
        seal_hours(now)
        post_revenue(now)

    def _billing(self, now: datetime) -> None:
        for provider in (self.provider, self.spot_market):
            read_billing(provider=provider, now=now)

    def _close(self, now: datetime) -> None:
        for day in due_days(now):
            close_day(day, now)


class Operator:
    """Changes their mind, makes the morning round, and forgets to pay now and then."""

    def __init__(
        self, random: Random, cloud: InProcessCloud, *, size: int, spot_size: int
    ) -> None:
        self._random = random
        self._cloud = cloud
        self._size = size  # replicas of each deployment
        self._spot_size = spot_size  # of each that is on spot
        self.deeds: Counter[str] = Counter()

    def act(self, now: datetime, *, hours: float) -> None:
        """What an operator may do in the next `hours`, a short time."""
        if self._random.random() < hours / 3:
            self._change_mind(now)
        if self._random.random() < hours / 8:
            self._round(now)
        if self._random.random() < hours / 20:
            self.top_up()

    def _change_mind(self, now: datetime) -> None:
        deployment = self._random.choice(pod_deployments())
        deed = self._random.choice(("stop", "scale", "end a pod"))
        self.deeds[deed] += 1
        if deed == "stop":
            lifecycle.stop_deployment(deployment, acting_user="ada", now=now)
        elif deed == "scale":
            most = self._size_of(deployment)
            self._start(deployment, self._random.randint(1, most), now)
        else:
            pods = list(deployment.pods.wanted().order_by("pk"))
            if pods:
                pod = self._random.choice(pods)
                lifecycle.request_termination(pod, acting_user="ada", now=now)

    def _round(self, now: datetime) -> None:
        """End what is sick, and want all replicas again."""
        since = now - timedelta(minutes=SICK_MINUTES)
        sick = Pod.objects.rented().filter(health__in=SICK, health_since__lt=since)
        for pod in sick.order_by("pk"):
            self.deeds["end a sick pod"] += 1
            lifecycle.request_termination(pod, acting_user="ada", now=now)
        for deployment in pod_deployments():
            size = self._size_of(deployment)
            if deployment.replicas < size or deployment.launch_failures:
                self._start(deployment, size, now)

    def _size_of(self, deployment: Deployment) -> int:
        return self._spot_size if deployment.is_spot else self._size

    def _start(self, deployment: Deployment, replicas: int, now: datetime) -> None:
        lifecycle.start_deployment(
            deployment, replicas=replicas, acting_user="ada", now=now
        )

    def top_up(self) -> None:
        """A day and a bit of the whole fleet's rent, so that it sometimes is too late."""
        self.deeds["top up"] += 1
        each = pod_deployments()
        on_spot = self._spot_size * sum(deployment.is_spot for deployment in each)
        pods = sum(map(self._size_of, each))
        for account, per_hour in (
            (MAIN, Decimal("0.75") * pods),
            (MARKET, Decimal("0.40") * on_spot),
        ):
            usd = per_hour * self._random.randint(12, 30)
            path = f"{PREFIXES[account]}/sandbox/topup"
            self._cloud.ask("POST", path, {"usd": f"{usd:.2f}"})

    def stop_all(self, now: datetime) -> None:
        """The end of the soak."""
        for deployment in pod_deployments():
            lifecycle.stop_deployment(deployment, acting_user="ada", now=now)


def pod_deployments() -> list[Deployment]:
    """Those of both accounts."""
    told = Q(slug__startswith=PODS) | Q(slug__startswith=SPOT)
    return list(Deployment.objects.filter(told).order_by("pk"))
