"""The ledger: cost lines and revenue lines. Appended, never edited.

`day` is the accounting day (UTC) that the line counts in. A line about a day that
is already closed counts in the first open day, and `corrects` says which line it
puts right; so the sum of the lines of a day always equals the closed day's figure.
"""

from django.db import models


class Provenance(models.TextChoices):
    """Where a number comes from; a sum has the weakest tag of its parts."""

    BILLED = "billed", "billed"
    MEASURED = "measured", "measured"
    ACCRUED = "accrued", "accrued"  # our seconds x the agreed price, not billed yet
    ESTIMATED = "estimated", "estimated"
    SIMULATED = "simulated", "simulated"


class CostKind(models.TextChoices):
    GPU = "gpu", "GPU"
    DISK = "disk", "container disk"
    VOLUME = "volume", "volume disk"
    STOPPED_VOLUME = "stopped_volume", "volume disk, stopped"


DISK_KINDS = (CostKind.DISK, CostKind.VOLUME, CostKind.STOPPED_VOLUME)


class TokenClass(models.TextChoices):
    UNCACHED_PROMPT = "uncached_prompt", "prompt, uncached"
    CACHED_PROMPT = "cached_prompt", "prompt, cached"
    COMPLETION = "completion", "completion"


class CostLine(models.Model):
    """What a pod cost in a part of one UTC hour [period_start, period_end).

    One accrued line per pod, kind and hour, appended when the hour is over or the
    pod has ended; a billed line carries the difference to what the provider charged.
    """

    pod = models.ForeignKey(
        "fleet.Pod", on_delete=models.PROTECT, related_name="cost_lines"
    )
    kind = models.CharField(max_length=14, choices=CostKind)
    hour_start = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    seconds = models.PositiveIntegerField()  # whole seconds billed
    usd_per_hour = models.DecimalField(max_digits=14, decimal_places=8)
    listed_usd_per_hour = models.DecimalField(
        max_digits=14, decimal_places=8, null=True
    )  # of an accrued GPU line: the provider's price as listed last when it was booked
    amount_usd = models.DecimalField(max_digits=14, decimal_places=6)
    provenance = models.CharField(max_length=10, choices=Provenance)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    observation = models.ForeignKey(
        "economics.BillingObservation", on_delete=models.PROTECT, null=True
    )
    day = models.DateField(db_index=True)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["period_start", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["pod", "kind", "hour_start"],
                condition=models.Q(observation__isnull=True),
                name="economics_cost_accrued_once",
            ),
            models.UniqueConstraint(
                fields=["observation", "kind"],
                condition=models.Q(observation__isnull=False),
                name="economics_cost_billed_once",
            ),
        ]
        indexes = [models.Index(fields=["hour_start"], name="economics_cost_by_hour")]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD {self.kind} {self.pod}"


class RevenueLine(models.Model):
    """What one token class of a sealed hour earned, and at which price.

    The hour is one source's: a pod's counters, an estimate of what they missed, or a log
    of requests, for what has no counters. A line
    that `corrects` another takes it back: its tokens and its amount are negative.

    usd_per_token  what we are paid, so after the discount that we fund
    discount_usd   what that discount took off the list for these tokens; in no amount
    take_rate      what the marketplace keeps of it; null: KERNE_TAKE_RATE
    rule           which rule of the price made it, such as "over 200000"; "" for none
    at_most_usd    what the tokens would earn if all prompts that may have been long were;
                   null: the amount is what they earn
    """

    deployment = models.ForeignKey(
        "fleet.Deployment", on_delete=models.PROTECT, related_name="revenue_lines"
    )
    usage_hour = models.ForeignKey(
        "economics.UsageHour",
        on_delete=models.PROTECT,
        null=True,
        related_name="revenue_lines",
    )
    estimate = models.ForeignKey(
        "economics.UsageEstimate",
        on_delete=models.PROTECT,
        null=True,
        related_name="revenue_lines",
    )
    log_hour = models.ForeignKey(
        "economics.LogHour",
        on_delete=models.PROTECT,
        null=True,
        related_name="revenue_lines",
    )
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="corrected_by"
    )
    token_class = models.CharField(max_length=16, choices=TokenClass)
    tokens = models.BigIntegerField()
    price = models.ForeignKey("economics.TokenPrice", on_delete=models.PROTECT)
    usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    take_rate = models.ForeignKey("economics.TakeRate", on_delete=models.PROTECT, null=True)
    rule = models.CharField(max_length=16, blank=True, default="")
    amount_usd = models.DecimalField(max_digits=14, decimal_places=6)
    discount_usd = models.DecimalField(
        max_digits=14, decimal_places=6, default=0, db_default=0
    )
    at_most_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    provenance = models.CharField(max_length=10, choices=Provenance)
    day = models.DateField(db_index=True)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["usage_hour", "token_class"], name="economics_revenue_once"
            ),
            models.UniqueConstraint(
                fields=["estimate", "token_class"],
                condition=models.Q(corrects__isnull=True),
                name="economics_estimate_revenue_once",
            ),
            models.UniqueConstraint(
                fields=["log_hour", "token_class"], name="economics_log_revenue_once"
            ),
            models.CheckConstraint(
                name="economics_revenue_has_one_source",
                condition=models.Q(
                    usage_hour__isnull=False, estimate__isnull=True, log_hour__isnull=True
                )
                | models.Q(
                    usage_hour__isnull=True, estimate__isnull=False, log_hour__isnull=True
                )
                | models.Q(
                    usage_hour__isnull=True, estimate__isnull=True, log_hour__isnull=False
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["day"],
                condition=~models.Q(discount_usd=0),
                name="economics_revenue_discounted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD {self.token_class}"


class RevenueCarry(models.Model):
    """What rounding kept back of a deployment's revenue of one class, until its next line.

    A line is rounded to 6 decimals with this added; so the lines together are never more
    than half a step away from tokens x price, however many and however small they are.
    """

    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT)
    token_class = models.CharField(max_length=16, choices=TokenClass)
    remainder_usd = models.DecimalField(max_digits=30, decimal_places=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "token_class"], name="economics_carry_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.remainder_usd} USD {self.token_class} {self.deployment}"


class BillingObservation(models.Model):
    """What the provider said it charged for a pod and hour, at the time we asked.

    Append-only: a changed figure is a new row with the next `revision`. `pod` is
    null where the provider bills something that no row of ours explains. `is_inferred`:
    a 0 that the provider did not say, because its bill leaves the hour out.
    """

    provider = models.CharField(max_length=20)
    provider_pod_id = models.CharField(max_length=40)
    pod = models.ForeignKey("fleet.Pod", on_delete=models.PROTECT, null=True)
    bucket_start = models.DateTimeField()
    bucket_end = models.DateTimeField()
    gpu_usd = models.DecimalField(max_digits=18, decimal_places=8)
    disk_usd = models.DecimalField(max_digits=18, decimal_places=8)
    total_usd = models.DecimalField(max_digits=18, decimal_places=8)
    revision = models.PositiveIntegerField(default=1)
    is_final = models.BooleanField(default=False)  # bucket over, or pod gone
    is_inferred = models.BooleanField(default=False)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["bucket_start", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_pod_id", "bucket_start", "revision"],
                name="economics_billing_once",
            )
        ]
        indexes = [models.Index(fields=["bucket_start"], name="economics_billing_by_hour")]

    def __str__(self) -> str:
        return f"{self.total_usd} USD {self.provider_pod_id} {self.bucket_start:%m-%d %Hh}"
