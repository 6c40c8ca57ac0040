"""What others charge for models, as a source told it and when.

Prices are exact as told: up to 28 decimals of a USD per token, never by way of a float.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

SLUG_LENGTH = 120
PRICE_DIGITS, PRICE_DECIMALS = 34, 28


class MarketSource(models.TextChoices):
    """Who told it. Play data never stands beside real data without its name."""

    OPENROUTER = "openrouter", "OpenRouter's API"
    SIMULATED = "simulated", "the sandbox's market, simulated"
    CSV = "csv", "an imported file"


class MarketModel(models.Model):
    """A model that a marketplace lists.

    endpoints_read_at  when its endpoints were asked for last; null: never
    """

    source = models.CharField(max_length=10, choices=MarketSource)
    slug = models.CharField(max_length=SLUG_LENGTH)  # author/name
    name = models.CharField(max_length=160)
    hugging_face_id = models.CharField(max_length=160, blank=True)
    context_tokens = models.PositiveIntegerField(null=True)
    launched_at = models.DateTimeField(null=True)  # as the marketplace says
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    endpoints_read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "slug"], name="economics_market_model_once"
            )
        ]

    def __str__(self) -> str:
        return self.slug


class MarketEndpoint(models.Model):
    """One provider's offer of a model, with what was last said of how it runs.

    tag         the marketplace's own name of the offer, such as deepinfra/fp8
    status      as told; 0 is in order, what others mean is not documented
    uptime_*    [1] 0..1, requests that were refused for load left out
    *_p50       of the last 30 minutes: seconds to the first token, tokens per second
    """

    model = models.ForeignKey(
        MarketModel, on_delete=models.CASCADE, related_name="endpoints"
    )
    provider = models.CharField(max_length=80)
    tag = models.CharField(max_length=120)
    quantization = models.CharField(max_length=12, blank=True)
    context_tokens = models.PositiveIntegerField(null=True)
    status = models.SmallIntegerField(null=True)
    uptime_30m = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    uptime_1d = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    latency_p50_seconds = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    throughput_p50 = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["model", "provider", "tag"]
        constraints = [
            models.UniqueConstraint(
                fields=["model", "tag"], name="economics_market_endpoint_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} ({self.tag})"


class MarketPrice(models.Model):
    """Prices of an endpoint [USD / token] that were seen from `observed_from` on.

    A row is appended when a price changes; until then `last_observed_at` moves on. What
    held between two rows is not known better than that.

    cached_prompt  null: not told, so cached tokens cost as others do
    discount       [1] share that the provider takes off its list; already in the prices
    """

    endpoint = models.ForeignKey(
        MarketEndpoint, on_delete=models.CASCADE, related_name="prices"
    )
    prompt = models.DecimalField(max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS)
    cached_prompt = models.DecimalField(
        max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS, null=True
    )
    completion = models.DecimalField(max_digits=PRICE_DIGITS, decimal_places=PRICE_DECIMALS)
    discount = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    is_conditional = models.BooleanField(default=False)  # has tiers or hours beside this
    observed_from = models.DateTimeField()
    last_observed_at = models.DateTimeField()

    class Meta:
        ordering = ["endpoint", "observed_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "observed_from"], name="economics_market_price_once"
            ),
            models.CheckConstraint(
                name="economics_market_price_not_negative",
                condition=Q(prompt__gte=0) & Q(completion__gte=0),
            ),
            models.CheckConstraint(
                name="economics_market_price_in_order",
                condition=Q(last_observed_at__gte=models.F("observed_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint} from {self.observed_from:%Y-%m-%d %H:%M}"


class MarketVolume(models.Model):
    """Tokens of a model on a UTC day, as a source counted them; it may restate them.

    slug   the source's permanent name of the model
    as_of  when the source made the figure
    """

    source = models.CharField(max_length=10, choices=MarketSource)
    slug = models.CharField(max_length=SLUG_LENGTH)
    day = models.DateField()
    tokens = models.DecimalField(max_digits=24, decimal_places=0)
    as_of = models.DateTimeField()
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["slug", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "slug", "day"], name="economics_market_volume_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} on {self.day}"
