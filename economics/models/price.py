"""Our token prices, effective-dated. USD per token inside, per million on screen."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q


class TokenPriceQuerySet(models.QuerySet["TokenPrice"]):
    def effective(self, served_model_id: int, *, at: datetime) -> TokenPrice | None:
        """The price of a model at an instant: the newest that began by then."""
        rows = self.filter(served_model_id=served_model_id, valid_from__lte=at)
        return rows.order_by("-valid_from").first()


class TokenPrice(models.Model):
    """What we charge for a model from `valid_from` until its next row.

    There is no end column: two prices can not overlap by construction. `valid_from`
    is a full UTC hour, so that no usage hour has two prices.
    """

    served_model = models.ForeignKey(
        "fleet.ServedModel", on_delete=models.PROTECT, related_name="token_prices"
    )
    uncached_prompt_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    cached_prompt_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
    completion_usd_per_token = models.DecimalField(max_digits=30, decimal_places=24)
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
        ]

    def __str__(self) -> str:
        return f"{self.served_model} from {self.valid_from:%Y-%m-%d %H:%M}"
