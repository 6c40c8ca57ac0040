"""What the provider offers: GPU types, their price and stock, and our balance."""

from django.db import models


class Cloud(models.TextChoices):
    SECURE = "SECURE", "secure cloud"
    COMMUNITY = "COMMUNITY", "community cloud"


class Stock(models.TextChoices):
    HIGH = "HIGH", "high"
    MEDIUM = "MEDIUM", "medium"
    LOW = "LOW", "low"
    NONE = "NONE", "none"
    UNKNOWN = "UNKNOWN", "unknown"


class GpuOffer(models.Model):
    """A GPU type in one cloud, as last read from the provider's catalog."""

    provider = models.CharField(max_length=20)
    gpu_type_id = models.CharField(max_length=80)
    display_name = models.CharField(max_length=80)
    memory_gb = models.PositiveIntegerField()
    cloud = models.CharField(max_length=10, choices=Cloud)
    usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    max_count = models.PositiveIntegerField()
    stock = models.CharField(max_length=8, choices=Stock, default=Stock.UNKNOWN)
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["usd_per_gpu_hour"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "gpu_type_id", "cloud"], name="fleet_offer_once"
            ),
            models.CheckConstraint(
                condition=models.Q(usd_per_gpu_hour__gt=0),
                name="fleet_offer_price_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.get_cloud_display()})"


class GpuOfferPrice(models.Model):
    """A price of an offer from `valid_from` until the next row: a step line."""

    offer = models.ForeignKey(GpuOffer, on_delete=models.CASCADE, related_name="prices")
    usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    valid_from = models.DateTimeField()

    class Meta:
        ordering = ["valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "valid_from"], name="fleet_offer_price_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.offer}: {self.usd_per_gpu_hour} USD/GPU-hour"


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
