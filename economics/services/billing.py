"""Billing: what the provider says it charged, kept as seen, and the lines it corrects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Sum

from economics.calc.hours import DAY, HOUR, day_of, hour_start
from economics.calc.money import STORED_STEP, round_stored
from economics.models import DISK_KINDS, BillingObservation, CostKind, CostLine, Provenance
from economics.selectors.days import booking_day
from economics.selectors.reconciliation import UNBILLED_HOURS
from economics.services.accrual import accrue
from economics.services.books import locked
from economics.services.resource_books import read_resource_bills
from fleet.models import Pod
from fleet.providers.base import BillingBucket
from fleet.providers.resources import FullProvider

WINDOW_HOURS = 72  # the provider corrects a bucket for that long
DEEP_HOUR, DEEP_DAYS = 4, 31  # once a day, in this UTC hour: what came later than that
OBSERVED_STEP = Decimal("0.00000001")

# What the provider said last, by its pod id and the bucket's start.
Known = dict[tuple[str, datetime], BillingObservation]


@dataclass
class Reading:
    """What one reading of the bill did."""

    buckets: int = 0
    changed: int = 0
    corrected: int = 0
    corrected_usd: Decimal = Decimal(0)
    unattributed: int = 0
    resource_lines: int = 0
    unknown_resources: int = 0

    def sentence(self) -> str:
        words = f"{self.buckets} buckets, {self.changed} new or changed"
        if self.corrected:
            words += f"; {self.corrected} lines corrected by {self.corrected_usd} USD"
        if self.unattributed:
            words += f"; {self.unattributed} buckets of pods that no row of ours explains"
        if self.resource_lines:
            words += f"; {self.resource_lines} lines of volumes and endpoints"
        if self.unknown_resources:
            words += (
                f"; {self.unknown_resources} buckets of volumes or endpoints that no row "
                "of ours explains"
            )
        return words


def read_billing(*, provider: FullProvider, now: datetime) -> Reading:
    """Read the bill since `window_start` and correct the books by it.

    Raises ProviderError when the provider does not answer; then nothing is changed.
    Costs are accrued first: a correction is the difference to what is booked.
    """
    start = window_start(now)
    buckets = provider.billing(start, hour_start(now) + HOUR, bucket="hour")
    accrue(now)
    done = Reading()
    with locked():
        pods = pods_by_id(buckets, provider=provider.name)
        known = latest_observations(provider.name, since=start)
        for bucket in buckets:
            book_bucket(bucket, pods, known, provider=provider.name, now=now, done=done)
        for bucket, pod in absent_buckets(provider.name, since=start, now=now):
            ours = {pod.provider_id: pod}
            book_bucket(
                bucket,
                ours,
                known,
                provider=provider.name,
                now=now,
                done=done,
                inferred=True,
            )
    done.resource_lines, done.unknown_resources = read_resource_bills(
        provider=provider, start=start, now=now
    )
    return done


def window_start(now: datetime) -> datetime:
    """From which bucket on the bill is read: 72 hours back, and once a day 31 days, so
    that a bill which came later, or while nobody read, is booked within a day."""
    if hour_start(now).hour == DEEP_HOUR:
        return hour_start(now) - DEEP_DAYS * DAY
    return hour_start(now) - WINDOW_HOURS * HOUR


def latest_observations(provider: str, *, since: datetime) -> Known:
    """What the provider said last of each pod and bucket, in one query."""
    seen = BillingObservation.objects.filter(provider=provider, bucket_start__gte=since)
    newest = seen.order_by("provider_pod_id", "bucket_start", "-revision")
    return {
        (each.provider_pod_id, each.bucket_start): each
        for each in newest.distinct("provider_pod_id", "bucket_start")
    }


def pods_by_id(buckets: Iterable[BillingBucket], *, provider: str) -> dict[str, Pod]:
    """Our pods among the billed ones, by the provider's id."""
    ids = {bucket.provider_pod_id for bucket in buckets}
    pods = Pod.objects.filter(provider=provider, provider_id__in=ids)
    return {pod.provider_id: pod for pod in pods.select_related("deployment__fleet")}


def book_bucket(
    bucket: BillingBucket,
    pods: dict[str, Pod],
    known: Known,
    *,
    provider: str,
    now: datetime,
    done: Reading,
    inferred: bool = False,
) -> None:
    """Keep a bucket when it says something new, and correct the hour once it is final.

    known     what was said of each bucket before; kept up to date
    inferred  whether it is a 0 that the bill does not say, but leaves out
    """
    pod = pods.get(bucket.provider_pod_id)
    done.buckets += 1
    done.unattributed += pod is None
    observation = observe(bucket, pod, known, provider=provider, now=now, inferred=inferred)
    if observation is None:
        return
    done.changed += 1
    if pod is not None and observation.is_final:
        for kind, billed in billed_amounts(observation).items():
            difference = correct(observation, pod, kind, billed, now=now)
            done.corrected += difference != 0
            done.corrected_usd += difference


def observe(
    bucket: BillingBucket,
    pod: Pod | None,
    known: Known,
    *,
    provider: str,
    now: datetime,
    inferred: bool,
) -> BillingObservation | None:
    """A row for what the provider says now; None when it said the same before."""
    last = known.get((bucket.provider_pod_id, bucket.start))
    said = {
        "pod_id": None if pod is None else pod.pk,
        "bucket_end": bucket.end,
        "gpu_usd": observed(bucket.gpu_usd),
        "disk_usd": observed(bucket.disk_usd),
        "total_usd": observed(bucket.total_usd),
        "is_final": is_final(bucket, pod, now=now),
        "is_inferred": inferred,
    }
    if last is not None and all(getattr(last, name) == said[name] for name in said):
        return None
    observation = BillingObservation.objects.create(
        provider=provider,
        provider_pod_id=bucket.provider_pod_id,
        bucket_start=bucket.start,
        revision=1 if last is None else last.revision + 1,
        observed_at=now,
        **said,
    )
    known[bucket.provider_pod_id, bucket.start] = observation
    return observation


def observed(amount: Decimal) -> Decimal:
    """An amount with the 8 decimals that an observation keeps."""
    return amount.quantize(OBSERVED_STEP, rounding=ROUND_HALF_UP)


def is_final(bucket: BillingBucket, pod: Pod | None, *, now: datetime) -> bool:
    """Whether nothing more is charged into a bucket, by what is known now.

    It is over, or its pod has ended, for longer than the provider's billing run takes.
    """
    over = bucket.end
    if pod is not None and pod.billed_until is not None:
        over = min(over, pod.billed_until)
    return over + timedelta(seconds=settings.HOUR_SEAL_SECONDS) <= now


def billed_amounts(observation: BillingObservation) -> dict[CostKind, Decimal]:
    """What was charged per kind [USD]. All that is not disk counts as rent, so that an
    amount without a name of its own is not lost."""
    disk = observation.disk_usd
    return {CostKind.GPU: observation.total_usd - disk, CostKind.DISK: disk}


def correct(
    observation: BillingObservation,
    pod: Pod,
    kind: CostKind,
    billed: Decimal,
    *,
    now: datetime,
) -> Decimal:
    """Append the difference between the bill and the books of one hour; the difference.

    A line of 0 is written too: it says that the hour is billed as it was booked. Less
    than one stored step is no difference; rounding would else be corrected for ever.
    """
    hour = hour_start(observation.bucket_start)
    kinds = DISK_KINDS if kind == CostKind.DISK else (kind,)  # one bill for all disks
    lines = CostLine.objects.filter(pod=pod, kind__in=kinds, hour_start=hour)
    booked = lines.aggregate(sum=Sum("amount_usd"))["sum"] or Decimal(0)
    accrued = lines.filter(observation__isnull=True).first()
    if accrued is None and billed == 0:
        return Decimal(0)
    difference = billed - booked
    amount = round_stored(difference) if abs(difference) >= STORED_STEP else Decimal(0)
    CostLine.objects.create(
        pod=pod,
        kind=kind,
        hour_start=hour,
        period_start=observation.bucket_start,
        period_end=observation.bucket_end,
        seconds=0,
        usd_per_hour=Decimal(0) if accrued is None else accrued.usd_per_hour,
        amount_usd=amount,
        provenance=(
            Provenance.SIMULATED if pod.deployment.fleet.simulated else Provenance.BILLED
        ),
        corrects=accrued,
        observation=observation,
        day=booking_day(day_of(hour)),
        booked_at=now,
    )
    return amount


def absent_buckets(
    provider: str, *, since: datetime, now: datetime
) -> list[tuple[BillingBucket, Pod]]:
    """Buckets of 0 for booked hours that the bill leaves out, `UNBILLED_HOURS` after them.

    Of ended pods: one that vanished while nobody looked was accrued until it was
    missed. Of others where the bill has gone on to a later hour. Only pods that the
    provider billed at least once count: an empty bill proves nothing.
    """
    any_hour = BillingObservation.objects.filter(pod=OuterRef("pod"))
    seen = any_hour.filter(is_inferred=False)
    lines = (
        CostLine.objects.filter(
            Exists(seen),
            Q(pod__billed_until__isnull=False)
            | Exists(seen.filter(bucket_start__gt=OuterRef("hour_start"))),
            ~Exists(any_hour.filter(bucket_start=OuterRef("hour_start"))),
            pod__provider=provider,
            observation__isnull=True,
            kind=CostKind.GPU,
            hour_start__gte=since,
            hour_start__lte=now - UNBILLED_HOURS * HOUR - HOUR,
        )
        .select_related("pod__deployment__fleet")
        .order_by("hour_start", "pk")
    )
    return [(empty_bucket(line), line.pod) for line in lines]


def empty_bucket(line: CostLine) -> BillingBucket:
    """The bucket of an hour in which the provider charged nothing."""
    return BillingBucket(
        provider_pod_id=line.pod.provider_id,
        start=line.hour_start,
        end=line.hour_start + HOUR,
        total_usd=Decimal(0),
        gpu_usd=Decimal(0),
        disk_usd=Decimal(0),
    )
