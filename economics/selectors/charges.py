"""Every cost line of some days as a charge: pods, volumes, endpoints, other expenses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from economics.calc.hours import DAY, day_bounds
from economics.calc.money import round_stored_rate
from economics.focus import Charge, month_of
from economics.models import CostLine, ExpenseLine, ResourceCostLine, VarianceLine
from fleet.models import Deployment, Fleet

AT_ONCE = 2_000


@dataclass(frozen=True)
class Asked:
    """Lines that count in the UTC days [first, last], both included, of one kind of money;
    of all deployments, or of one."""

    first: date
    last: date
    simulated: bool
    deployment_id: int | None = None


def cost_lines(asked: Asked) -> QuerySet[CostLine]:
    """Pods' lines that count in [first, last], both included."""
    lines = CostLine.objects.filter(
        day__gte=asked.first,
        day__lte=asked.last,
        pod__deployment__fleet__simulated=asked.simulated,
    )
    if asked.deployment_id is not None:
        lines = lines.filter(pod__deployment=asked.deployment_id)
    return lines.select_related(
        "pod__deployment__fleet", "pod__deployment__variant__served_model"
    ).order_by("day", "pk")


def resource_lines(asked: Asked) -> QuerySet[ResourceCostLine]:
    """Lines of volumes and endpoints that count in [first, last]."""
    lines = ResourceCostLine.objects.filter(
        day__gte=asked.first,
        day__lte=asked.last,
        deployment__fleet__simulated=asked.simulated,
    )
    if asked.deployment_id is not None:
        lines = lines.filter(deployment=asked.deployment_id)
    return lines.select_related(
        *("volume", "endpoint", "deployment__fleet"), "deployment__variant__served_model"
    ).order_by("day", "pk")


def expense_lines(asked: Asked) -> QuerySet[ExpenseLine]:
    """Shares of other expenses that count in [first, last]; of one deployment, its own."""
    lines = ExpenseLine.objects.filter(
        Q(expense__simulated=asked.simulated), day__gte=asked.first, day__lte=asked.last
    )
    if asked.deployment_id is not None:
        lines = lines.filter(expense__deployment=asked.deployment_id)
    return lines.select_related("expense__fleet", "expense__deployment").order_by(
        "day", "pk"
    )


def variance_lines(asked: Asked) -> QuerySet[VarianceLine]:
    """What statements paid less or more than was accrued, found in [first, last]."""
    lines = VarianceLine.objects.filter(
        day__gte=asked.first, day__lte=asked.last, simulated=asked.simulated
    )
    if asked.deployment_id is not None:
        lines = lines.filter(deployment=asked.deployment_id)
    return lines.select_related(
        *("statement", "deployment__fleet", "deployment__variant__served_model")
    ).order_by("day", "pk")


def count_charges(asked: Asked) -> int:
    """How many lines there are."""
    return sum(
        lines(asked).count()
        for lines in (cost_lines, resource_lines, expense_lines, variance_lines)
    )


def charges(asked: Asked) -> Iterator[Charge]:
    """Every line that counts in [first, last], by kind of owner, oldest first."""
    for line in cost_lines(asked).iterator(chunk_size=AT_ONCE):
        yield of_pod(line)
    for each in resource_lines(asked).iterator(chunk_size=AT_ONCE):
        yield of_resource(each)
    for share in expense_lines(asked).iterator(chunk_size=AT_ONCE):
        yield of_expense(share)
    for variance in variance_lines(asked).iterator(chunk_size=AT_ONCE):
        yield of_variance(variance)


def of_pod(line: CostLine) -> Charge:
    pod = line.pod
    billed = line.observation_id is not None
    gpu = f"{pod.gpu_count}x {pod.gpu_type_id}"
    return Charge(
        line=f"cost-{line.pk}",
        kind=line.kind,
        provider=pod.provider,
        day=line.day,
        start=line.period_start,
        end=line.period_end,
        amount_usd=line.amount_usd,
        provenance=line.provenance,
        resource_id=pod.provider_id,
        resource_name=pod.name,
        sku=f"{line.kind}/{gpu}/{pod.cloud}" if line.kind == "gpu" else line.kind,
        seconds=line.seconds,
        usd_per_hour=None if billed else line.usd_per_hour,
        is_correction=billed,
        corrects=f"cost-{line.corrects_id}" if line.corrects_id else "",
        words=gpu if line.kind == "gpu" else "",
        **_owner(pod.deployment),
    )


def of_resource(line: ResourceCostLine) -> Charge:
    row = line.volume or line.endpoint
    assert row is not None
    hours = Decimal(line.seconds) / 3600
    accrued = line.billed_usd is None
    return Charge(
        line=f"resource-{line.pk}",
        kind="network_volume" if line.volume is not None else "serverless",
        provider=row.provider,
        day=line.day,
        start=line.period_start,
        end=line.period_end,
        amount_usd=line.amount_usd,
        provenance=line.provenance,
        resource_id=row.provider_id,
        resource_name=row.name,
        sku="network_volume" if line.volume is not None else "serverless",
        seconds=line.seconds,
        usd_per_hour=(
            round_stored_rate(line.amount_usd / hours) if accrued and hours else None
        ),
        is_correction=not accrued and line.volume is not None,
        words=f"{line.fee_usd:f} USD of it the platform's fee" if line.fee_usd else "",
        **_owner(line.deployment),
    )


def of_expense(line: ExpenseLine) -> Charge:
    expense = line.expense
    start = day_bounds(line.about).start
    fleet = expense.fleet
    return Charge(
        line=f"expense-{line.pk}",
        kind="expense",
        provider="",
        day=line.day,
        start=start,
        end=start + DAY,
        amount_usd=line.amount_usd,
        provenance="simulated" if expense.simulated else "billed",
        resource_id=f"expense-{expense.pk}",
        resource_name=expense.description,
        words=expense.get_category_display(),
        fleet=fleet.slug if fleet is not None else "",
        fleet_name=fleet.name if fleet is not None else "",
        deployment=expense.deployment.slug if expense.deployment is not None else "",
    )


def of_variance(line: VarianceLine) -> Charge:
    """What was paid more lowers the cost of the day on which it was found."""
    start, end = month_of(line.month)
    return Charge(
        line=f"variance-{line.pk}",
        kind="variance",
        provider=line.statement.market,
        day=line.day,
        start=start,
        end=end,
        amount_usd=-line.amount_usd,
        provenance="simulated" if line.simulated else "billed",
        resource_id=f"statement-{line.statement_id}",
        resource_name=f"{line.statement.market} {line.month:%Y-%m}",
        seconds=0,
        usd_per_hour=None,
        is_correction=False,
        **_owner(line.deployment),
    )


def _owner(deployment: Deployment | None) -> dict[str, str]:
    if deployment is None:
        return dict.fromkeys(("fleet", "fleet_name", "deployment", "model"), "")
    fleet: Fleet = deployment.fleet
    return {
        "fleet": fleet.slug,
        "fleet_name": fleet.name,
        "deployment": deployment.slug,
        "model": deployment.variant.served_model.name,
    }
