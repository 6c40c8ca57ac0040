"""What a marketplace keeps of gross revenue, by the day that it began."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

DEFAULT_MARKET = "openrouter"  # under which revenue is accrued


class TakeRate(models.Model):
    """A marketplace's share [0, 1) of what is served on UTC days from `valid_from` until
    its next row. Never changed; before the first row KERNE_TAKE_RATE counts."""

    market = models.CharField(max_length=40, default=DEFAULT_MARKET)
    rate = models.DecimalField(max_digits=6, decimal_places=4)
    valid_from = models.DateField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["market", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["market", "valid_from"], name="economics_take_rate_once"
            ),
            models.CheckConstraint(
                name="economics_take_rate_is_a_share", condition=Q(rate__gte=0, rate__lt=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate} of {self.market} from {self.valid_from:%Y-%m-%d}"
