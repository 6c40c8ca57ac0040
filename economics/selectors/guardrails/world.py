"""The facts that all rules look at, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Sum

from economics.calc.accrual import compute_cost, disk_cost
from economics.calc.hours import day_of, whole_seconds
from economics.calc.unknown import Unknown
from economics.models import DailyProfit, Scope
from economics.selectors.guardrails.open_money import (
    OpenMoney,
    open_money,
    ours,
    stray_spend,
)
from fleet.models import (
    MAYBE_BILLED,
    RESOURCE_MAYBE_BILLED,
    SIMULATED_PAST,
    WANTED,
    BalanceReading,
    Deployment,
    Fleet,
    Pod,
    ServerlessEndpoint,
)
from fleet.selectors.account import fresh
from fleet.selectors.burn import (
    CONTAINER_DISK_USD_PER_GB_MONTH,
    committed_by_provider,
    pod_usd_per_hour,
)
from fleet.selectors.providers import provider_names
from fleet.selectors.standing import Standing, standing

COLD_WINDOW = timedelta(hours=24)
Amounts = dict[int, Decimal]  # by deployment id


@dataclass(frozen=True)
class Loading:
    """A pod that could not serve a token yet, and what it has cost so far [USD]."""

    pod_id: int
    name: str
    deployment_id: int
    spent_usd: Decimal


@dataclass(frozen=True)
class World:
    """One kind of money at `now`. Amounts in USD, rates in USD/h, disks included.

    committed_all   all accounts: pods of all kinds and strays too
    committed_main  of the main account, whose balance and runway are looked at
    committed       by deployment; of these `loading_rate` is what still loads
    cold            by deployment: rent before the first token in the last 24 hours
    active          deployments that want a replica or have a pod
    """

    now: datetime
    fleets: dict[int, str]
    slugs: dict[int, str]
    fleet_of: dict[int, int]
    active: frozenset[int]
    money: OpenMoney
    stray_usd: Decimal
    committed_all: Decimal
    committed_main: Decimal
    committed: Amounts
    loading: tuple[Loading, ...]
    loading_rate: Amounts
    cold: Amounts
    balance: BalanceReading | None
    no_balance: Unknown | None
    simulated: bool
    closed: dict[date | None, Amounts] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return day_of(self.now)

    def members(self, fleet_id: int | None) -> list[int]:
        """The deployments of a fleet, or all."""
        return [
            deployment
            for deployment, fleet in self.fleet_of.items()
            if fleet_id is None or fleet == fleet_id
        ]

    def rate(self, fleet_id: int | None) -> Decimal:
        """What a fleet, or everything, costs per hour [USD/h]."""
        if fleet_id is None:
            return self.committed_all
        return total(self.committed, self.members(fleet_id))

    def spent(self, members: list[int], *, since: date | None) -> Decimal:
        """Spend of the open days from `since` on [USD]."""
        return self._open(self.money.spent, members, since)

    def earned(self, members: list[int], *, since: date | None) -> Decimal:
        """Net revenue of the open days from `since` on [USD]."""
        return self._open(self.money.revenue, members, since)

    def _open(
        self,
        amounts: dict[tuple[int, date], Decimal],
        members: list[int],
        since: date | None,
    ) -> Decimal:
        wanted = set(members)
        return sum(
            (
                usd
                for (deployment, day), usd in amounts.items()
                if deployment in wanted and (since is None or day >= since)
            ),
            Decimal(0),
        )

    def closed_loss(self, members: list[int], *, since: date | None) -> Decimal:
        """Cost minus net revenue of the closed days from `since` on [USD]."""
        if since not in self.closed:
            self.closed[since] = closed_losses(simulated=self.simulated, since=since)
        return total(self.closed[since], members)

    def with_launch(
        self, *, usd_per_hour: Decimal, deployment_id: int | None, is_main: bool = True
    ) -> World:
        """The same world with one pod more, which loads."""
        committed, loading = dict(self.committed), dict(self.loading_rate)
        if deployment_id is not None:
            for rates in (committed, loading):
                rates[deployment_id] = rates.get(deployment_id, Decimal(0)) + usd_per_hour
        return replace(
            self,
            committed_all=self.committed_all + usd_per_hour,
            committed_main=self.committed_main + (usd_per_hour if is_main else 0),
            committed=committed,
            loading_rate=loading,
        )


def live_endpoints() -> QuerySet[ServerlessEndpoint]:
    """The endpoints of an outer deployment that may be billed."""
    return ServerlessEndpoint.objects.filter(
        deployment=OuterRef("pk"), status__in=RESOURCE_MAYBE_BILLED
    )


def ours_of(fleet_id: int | None) -> QuerySet[Deployment]:
    """The deployments of a fleet, or all, that want a replica or have a pod or endpoint."""
    live = Pod.objects.filter(deployment=OuterRef("pk"), status__in=MAYBE_BILLED)
    found = Deployment.objects.filter(fleet__simulated=settings.KERNE_SANDBOX).filter(
        Q(replicas__gt=0) | Exists(live) | Exists(live_endpoints())
    )
    return found if fleet_id is None else found.filter(fleet=fleet_id)


def total(amounts: Amounts, members: list[int]) -> Decimal:
    return sum((amounts.get(each, Decimal(0)) for each in members), Decimal(0))


def read_world(*, now: datetime) -> World:
    """Everything the rules look at, of the kind of money that this console spends."""
    simulated, names = settings.KERNE_SANDBOX, provider_names()
    deployments = list(
        Deployment.objects.filter(fleet__simulated=simulated).annotate(
            has_endpoint=Exists(live_endpoints())
        )
    )
    fleet_of = {each.pk: each.fleet_id for each in deployments}
    live = list(Pod.objects.filter(status__in={*MAYBE_BILLED, *WANTED}))
    paid = [pod for pod in live if pod.status in MAYBE_BILLED and pod.provider in names]
    own = [pod for pod in live if is_own(pod, fleet_of)]
    billed = [pod for pod in paid if is_own(pod, fleet_of)]
    busy = {pod.deployment_id for pod in own if pod.status in WANTED}
    cold = cold_pods(simulated=simulated, now=now)
    beside = standing()
    balance, reason = fresh(beside.balances.get(names[0]), now=now)
    rates = committed_by_provider(names, pods=paid, beside=beside)
    return World(
        now=now,
        fleets=dict(Fleet.objects.filter(simulated=simulated).values_list("pk", "name")),
        slugs={each.pk: each.slug for each in deployments},
        fleet_of=fleet_of,
        active=frozenset(
            each.pk
            for each in deployments
            if each.replicas or each.has_endpoint or each.pk in busy
        ),
        money=open_money(simulated=simulated, now=now),
        stray_usd=stray_spend(providers=names, now=now),
        committed_all=sum((each.usd_per_hour for each in rates.values()), Decimal(0)),
        committed_main=rates[names[0]].usd_per_hour,
        committed=with_resources(rates_of(billed), beside),
        loading=tuple(
            Loading(pod.pk, pod.name, pod.deployment_id, cold_rent(pod, now=now))
            for pod in cold
            if pod.ready_at is None and pod.status in MAYBE_BILLED
        ),
        loading_rate=rates_of(pod for pod in billed if pod.ready_at is None),
        cold=cold_by_deployment(cold, now=now),
        balance=balance,
        no_balance=None if balance else Unknown(reason),
        simulated=simulated,
    )


def is_own(pod: Pod, fleet_of: Mapping[int, int]) -> bool:
    """Whether guardrails count a pod, as `ours` has it: of one of these deployments, and
    of no simulated past."""
    return pod.deployment_id in fleet_of and not pod.provider_id.startswith(SIMULATED_PAST)


def rates_of(pods: Iterable[Pod]) -> Amounts:
    """What pods cost per hour by deployment [USD/h]."""
    rates: Amounts = {}
    for pod in pods:
        known = rates.get(pod.deployment_id, Decimal(0))
        rates[pod.deployment_id] = known + pod_usd_per_hour(pod)
    return rates


def with_resources(rates: Amounts, beside: Standing) -> Amounts:
    """The same with what each deployment's volumes and endpoints cost per hour [USD/h]."""
    for deployment, usd in beside.by_deployment().items():
        rates[deployment] = rates.get(deployment, Decimal(0)) + usd
    return rates


def cold_pods(*, simulated: bool, now: datetime) -> list[Pod]:
    """Pods that were billed before their first token within the last 24 hours."""
    since = now - COLD_WINDOW
    begun = Q(billed_from__isnull=False) | Q(sent_at__isnull=False, status__in=MAYBE_BILLED)
    return list(
        ours(simulated=simulated)
        .filter(begun, provider__in=provider_names())
        .filter(Q(ready_at__isnull=True) | Q(ready_at__gt=since))
        .filter(Q(billed_until__isnull=True) | Q(billed_until__gt=since))
        .order_by("pk")
    )


def cold_rent(pod: Pod, *, now: datetime, since: datetime | None = None) -> Decimal:
    """Rent and disk of a pod before it could serve its first token [USD].

    A pod whose create may be on its way counts from the sending: it may be billed.
    """
    start = pod.billed_from or pod.sent_at
    if start is None:
        return Decimal(0)
    end = min(each for each in (pod.ready_at, pod.billed_until, now) if each is not None)
    if since is not None:
        start = max(start, since)
    seconds = whole_seconds(start, max(start, end))
    return compute_cost(seconds=seconds, usd_per_hour=pod.price) + disk_cost(
        seconds=seconds,
        disk_gb=pod.container_disk_gb,
        usd_per_gb_month=CONTAINER_DISK_USD_PER_GB_MONTH,
    )


def cold_by_deployment(pods: list[Pod], *, now: datetime) -> Amounts:
    """Cold rent of the last 24 hours by deployment [USD]."""
    cold: Amounts = {}
    for pod in pods:
        rent = cold_rent(pod, now=now, since=now - COLD_WINDOW)
        cold[pod.deployment_id] = cold.get(pod.deployment_id, Decimal(0)) + rent
    return cold


def closed_losses(*, simulated: bool, since: date | None) -> Amounts:
    """Cost minus net revenue of closed days by deployment [USD].

    Of a deployment with a simulated past the days after it: the day on which that past
    ends has both in one row.
    """
    rows = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT, simulated=simulated)
    past = Pod.objects.filter(provider_id__startswith=SIMULATED_PAST).order_by()
    ends = past.values_list("deployment").annotate(end=Max("billed_until"))
    for deployment, end in ends:
        if end is not None:
            rows = rows.exclude(deployment=deployment, day__lte=day_of(end))
    if since is not None:
        rows = rows.filter(day__gte=since)
    sums = rows.order_by().values_list("deployment").annotate(usd=Sum("profit_usd"))
    return {deployment: -usd for deployment, usd in sums}
