"""The switch that stops new spending: one open row while it is pulled."""

from django.db import models
from django.db.models import Q


class SpendingStop(models.Model):
    """New spending stopped in [pulled_at, released_at); null there: it is stopped now."""

    pulled_at = models.DateTimeField()
    pulled_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=150, blank=True)
    release_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pulled_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["released_at"],
                condition=Q(released_at__isnull=True),
                nulls_distinct=False,
                name="fleet_one_open_spending_stop",
            )
        ]

    def __str__(self) -> str:
        return f"new spending stopped by {self.pulled_by}"
