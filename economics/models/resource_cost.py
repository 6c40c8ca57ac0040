"""What network volumes and serverless endpoints cost: lines of the ledger beside pods'."""

from django.db import models
from django.db.models import Q

from economics.models.ledger import Provenance


class ResourceCostLine(models.Model):
    """What a volume or an endpoint cost in one UTC hour. Appended, never edited.

    A volume's hour is accrued once, from its size and price; a billed line carries the
    difference to what the provider charged by then, `billed_usd`. An endpoint's cost is
    known from the bill alone: all of its lines are billed ones. `day` as in `CostLine`.
    """

    deployment = models.ForeignKey(
        "fleet.Deployment", on_delete=models.PROTECT, related_name="resource_cost_lines"
    )
    volume = models.ForeignKey(
        "fleet.NetworkVolume",
        on_delete=models.PROTECT,
        null=True,
        related_name="cost_lines",
    )
    endpoint = models.ForeignKey(
        "fleet.ServerlessEndpoint",
        on_delete=models.PROTECT,
        null=True,
        related_name="cost_lines",
    )
    hour_start = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    seconds = models.PositiveIntegerField()  # whole seconds of an accrued line
    amount_usd = models.DecimalField(max_digits=14, decimal_places=6)
    billed_usd = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    fee_usd = models.DecimalField(
        max_digits=14, decimal_places=6, default=0
    )  # of amount_usd: the provider's serverless fee
    provenance = models.CharField(max_length=10, choices=Provenance)
    day = models.DateField(db_index=True)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["period_start", "pk"]
        constraints = [
            models.CheckConstraint(
                name="economics_resource_cost_has_one_owner",
                condition=Q(volume__isnull=True, endpoint__isnull=False)
                | Q(volume__isnull=False, endpoint__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["volume", "hour_start"],
                condition=Q(billed_usd__isnull=True),
                name="economics_volume_accrued_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD {self.volume or self.endpoint}"


class ResourceObservation(models.Model):
    """What the provider said it charged for a volume or an endpoint without a row of ours.

    Append-only: a changed figure is a new row with the next `revision`, and so is a row
    of ours that takes it after all (`explained`): its cost is in the ledger from then on.
    """

    class Kind(models.TextChoices):
        VOLUME = "volume", "network volume"
        ENDPOINT = "endpoint", "serverless endpoint"

    provider = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind)
    provider_id = models.CharField(max_length=40)
    bucket_start = models.DateTimeField()
    bucket_end = models.DateTimeField()
    total_usd = models.DecimalField(max_digits=18, decimal_places=8)
    explained = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["bucket_start", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "provider_id", "bucket_start", "revision"],
                name="economics_resource_observed_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.total_usd} USD {self.kind} {self.provider_id}"
