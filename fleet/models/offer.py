"""What GPUs cost where: offers of every provider, their price history, our balance."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models

SECONDS_PER_HOUR = 3600


class Cloud(models.TextChoices):
    SECURE = "SECURE", "secure cloud"
    COMMUNITY = "COMMUNITY", "community cloud"


class Stock(models.TextChoices):
    HIGH = "HIGH", "high"
    MEDIUM = "MEDIUM", "medium"
    LOW = "LOW", "low"
    NONE = "NONE", "none"
    UNKNOWN = "UNKNOWN", "unknown"


class OfferKind(models.TextChoices):
    """How an offer rents; the values are those of `fleet.providers.base.RentalKind`."""

    ON_DEMAND = "on_demand", "on-demand"
    INTERRUPTIBLE = "interruptible", "spot"
    SERVERLESS = "serverless", "serverless"
    SAVINGS_PLAN = "savings_plan", "savings plan"


class OfferSource(models.TextChoices):
    """Who told us the price."""

    CATALOG = "runpod_catalog", "RunPod catalog"
    GPUHUNT = "gpuhunt", "gpuhunt"
    CSV = "csv", "CSV import"
    FIXTURE = "fixture", "public price"


class BillingUnit(models.TextChoices):
    SECOND = "second", "second"
    MINUTE = "minute", "minute"
    HOUR = "hour", "hour"
    UNKNOWN = "", "not stated"


# How often each source speaks. The catalog and gpuhunt by the schedule; files and the
# public prices that ship with us by hand, so that a month old is old.
INTERVALS = {
    OfferSource.CATALOG: timedelta(minutes=10),
    OfferSource.GPUHUNT: timedelta(days=1),
    OfferSource.CSV: timedelta(days=15),
    OfferSource.FIXTURE: timedelta(days=15),
}
STALE_INTERVALS = 2


def stale_after(source: str) -> timedelta:
    """The age at which a price of `source` is stale, and a silence is a gap."""
    return STALE_INTERVALS * INTERVALS[OfferSource(source)]


class MarketOffer(models.Model):
    """One product of one provider, with its price as one source last told it.

    gpu_type_id            our canonical GPU; "" where the source's GPU is not one we know
    display_name           the GPU as the source calls it
    memory_gb              [GB] of one GPU
    gpu_count              GPUs of the smallest unit that can be rented
    max_count              most GPUs in one pod or instance; a ceiling, not stock
    usd_per_gpu_hour       [USD / GPU-hour]; derived for an instance and for serverless
    usd_per_instance_hour  [USD / instance-hour] as quoted; only where gpu_count > 1
    data_centers           [{"id", "name", "stock"}] where the source says it
    seen_at                when the source last said so; of the price, not of our reading
    """

    provider = models.CharField(max_length=20)
    product = models.CharField(max_length=120, blank=True, default="")
    gpu_type_id = models.CharField(max_length=80, blank=True)
    display_name = models.CharField(max_length=80)
    memory_gb = models.PositiveIntegerField()
    gpu_count = models.PositiveIntegerField(default=1)
    max_count = models.PositiveIntegerField()
    kind = models.CharField(max_length=13, choices=OfferKind, default=OfferKind.ON_DEMAND)
    cloud = models.CharField(max_length=10, choices=Cloud, blank=True)
    region = models.CharField(max_length=60, blank=True, default="")
    usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    usd_per_instance_hour = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    billing_unit = models.CharField(
        max_length=6, choices=BillingUnit, blank=True, default=BillingUnit.UNKNOWN
    )
    stock = models.CharField(max_length=8, choices=Stock, default=Stock.UNKNOWN)
    data_centers = models.JSONField(default=list, blank=True)
    source = models.CharField(
        max_length=14, choices=OfferSource, default=OfferSource.CATALOG
    )
    source_url = models.CharField(max_length=200, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["usd_per_gpu_hour"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("provider", "source", "kind", "gpu_type_id", "product"),
                    *("gpu_count", "cloud", "region"),
                ],
                name="fleet_market_offer_once",
            ),
            # What an order rents must be one row, whatever else is known of the market.
            models.UniqueConstraint(
                fields=["provider", "gpu_type_id", "cloud"],
                condition=models.Q(source="runpod_catalog", kind="on_demand"),
                name="fleet_offer_once",
            ),
            models.CheckConstraint(
                condition=models.Q(usd_per_gpu_hour__gt=0),
                name="fleet_offer_price_positive",
            ),
            # Two tools once took an instance's price for a GPU's and paid 8 times.
            models.CheckConstraint(
                condition=models.Q(gpu_count=1, usd_per_instance_hour__isnull=True)
                | models.Q(
                    gpu_count__gt=1,
                    usd_per_instance_hour__gte=models.F("usd_per_gpu_hour")
                    * models.F("gpu_count")
                    - models.F("gpu_count") * Decimal("0.0001"),
                    usd_per_instance_hour__lte=models.F("usd_per_gpu_hour")
                    * models.F("gpu_count")
                    + models.F("gpu_count") * Decimal("0.0001"),
                ),
                name="fleet_offer_prices_agree",
            ),
        ]

    def __str__(self) -> str:
        where = self.get_cloud_display() if self.cloud else self.provider
        return f"{self.display_name} ({where})"

    @property
    def usd_per_unit_hour(self) -> Decimal:
        """[USD / hour] of the smallest unit that can be rented: a GPU or an instance."""
        return self.usd_per_instance_hour or self.usd_per_gpu_hour

    @property
    def usd_per_gpu_second(self) -> Decimal | None:
        """[USD / GPU-second] of a serverless worker; None for what is not serverless."""
        if self.kind != OfferKind.SERVERLESS:
            return None
        return self.usd_per_gpu_hour / SECONDS_PER_HOUR

    def is_stale(self, now: datetime) -> bool:
        """Whether the price is older than two intervals of its source."""
        return now - self.seen_at > stale_after(self.source)


class OrderableManager(models.Manager["GpuOffer"]):
    def get_queryset(self) -> models.QuerySet[GpuOffer]:
        return (
            super()
            .get_queryset()
            .filter(source=OfferSource.CATALOG, kind=OfferKind.ON_DEMAND)
        )


class GpuOffer(MarketOffer):
    """A GPU type in one cloud that the console can order: the catalog's pods on demand.

    The same table as the market, so that no price lives twice; the filter is here, so
    that no order is ever quoted a price that nobody rents at.
    """

    objects: ClassVar[OrderableManager] = OrderableManager()

    class Meta:
        proxy = True


class GpuOfferPrice(models.Model):
    """A price that was observed from `valid_from` to `last_observed_at`: a step.

    It holds until the next row, if that begins within two intervals of the source;
    else nobody looked in between, and a chart leaves a gap.
    """

    offer = models.ForeignKey(MarketOffer, on_delete=models.CASCADE, related_name="prices")
    usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    valid_from = models.DateTimeField()
    last_observed_at = models.DateTimeField()

    class Meta:
        ordering = ["valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "valid_from"], name="fleet_offer_price_once"
            ),
            models.CheckConstraint(
                condition=models.Q(last_observed_at__gte=models.F("valid_from")),
                name="fleet_offer_price_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer}: {self.usd_per_gpu_hour} USD/GPU-hour"


class OfferImport(models.Model):
    """A file of offers that was taken in; its digest refuses the same file again."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=14, choices=OfferSource)
    row_count = models.PositiveIntegerField()
    acting_user = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-imported_at"]

    def __str__(self) -> str:
        return f"{self.name}, {self.row_count} rows"


class BalanceReading(models.Model):
    """What the provider said of our prepaid balance; no row means unknown."""

    provider = models.CharField(max_length=20)
    balance_usd = models.DecimalField(max_digits=14, decimal_places=6)
    usd_per_hour = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    read_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-read_at"]

    def __str__(self) -> str:
        return f"{self.balance_usd} USD at {self.read_at:%Y-%m-%d %H:%M}"
