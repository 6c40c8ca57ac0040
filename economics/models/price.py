"""Our token prices, effective-dated. USD per token inside, per million on screen."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from economics.calc.price_rule import Discount, PriceSheet, from_json
from economics.calc.token_mix import TokenRates


class Funding(models.TextChoices):
    """Who pays for a discount: only what we fund lowers our revenue."""

    OURS = "ours", "us"
    MARKET = "market", "the marketplace"


class TokenPriceQuerySet(models.QuerySet["TokenPrice"]):
    def effective(self, served_model_id: int, *, at: datetime) -> TokenPrice | None:
        """The price of a model at an instant: the newest that began by then."""
        rows = self.filter(served_model_id=served_model_id, valid_from__lte=at)
        return rows.order_by("-valid_from").first()


class TokenPrice(models.Model):
    """What we charge for a model from `valid_from` until its next row.

    There is no end column: two prices can not overlap by construction. `valid_from`
    is a full UTC hour, so that no usage hour has two prices. A row is never changed: its
    rules and its discount are set with it.

    rules     other prices of long prompts or of hours of the day; see calc/price_rule.py
    discount  a fraction of the list in [discount_from, discount_until), full UTC hours
    """

    served_model = models.ForeignKey(
        "fleet.ServedModel", on_delete=models.PROTECT, related_name="token_prices"
    )
    uncached_prompt_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    cached_prompt_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    completion_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    rules = models.JSONField(default=list)
    discount_fraction = models.DecimalField(max_digits=5, decimal_places=4, null=True)
    discount_from = models.DateTimeField(null=True)
    discount_until = models.DateTimeField(null=True)  # null: as long as the price
    discount_funding = models.CharField(max_length=6, choices=Funding, blank=True)
    valid_from = models.DateTimeField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    objects = TokenPriceQuerySet.as_manager()

    class Meta:
        ordering = ["served_model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["served_model", "valid_from"], name="economics_price_once"
            ),
            models.CheckConstraint(
                name="economics_price_not_negative",
                condition=Q(uncached_prompt_usd_per_token__gte=0)
                & Q(cached_prompt_usd_per_token__gte=0)
                & Q(completion_usd_per_token__gte=0),
            ),
            models.CheckConstraint(
                name="economics_price_discount_is_whole",
                condition=Q(
                    discount_fraction__isnull=True,
                    discount_from__isnull=True,
                    discount_until__isnull=True,
                    discount_funding="",
                )
                | Q(
                    discount_fraction__gt=0,
                    discount_fraction__lt=1,
                    discount_from__isnull=False,
                    discount_funding__in=Funding.values,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.served_model} from {self.valid_from:%Y-%m-%d %H:%M}"

    @cached_property
    def sheet(self) -> PriceSheet:
        """The row as calculations take it."""
        return PriceSheet(
            base=TokenRates(
                self.uncached_prompt_usd_per_token,
                self.cached_prompt_usd_per_token,
                self.completion_usd_per_token,
            ),
            rules=tuple(map(from_json, self.rules)),
            discount=self.discount,
        )

    @property
    def discount(self) -> Discount | None:
        if self.discount_fraction is None or self.discount_from is None:
            return None
        return Discount(
            fraction=self.discount_fraction,
            from_at=self.discount_from,
            until_at=self.discount_until,
            ours=self.discount_funding == Funding.OURS,
        )
