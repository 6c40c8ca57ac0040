"""The daily profit: a UTC day, closed once."""

from django.db import models

from economics.models.ledger import Provenance


class Scope(models.TextChoices):
    DEPLOYMENT = "deployment", "deployment"
    FLEET = "fleet", "fleet"
    ALL = "all", "all"


class DayClose(models.Model):
    """A closed UTC day. Its existence is the lock: nothing is booked into it again."""

    day = models.DateField(primary_key=True)
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class DailyProfit(models.Model):
    """Figures of a closed day for a deployment, a fleet or all of one kind of money.

    Simulated and real money never share a row: `all` exists once for each.
    """

    day = models.DateField()
    scope = models.CharField(max_length=10, choices=Scope)
    fleet = models.ForeignKey("fleet.Fleet", on_delete=models.PROTECT, null=True)
    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT, null=True)
    simulated = models.BooleanField()
    uncached_prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    unpriced_tokens = models.BigIntegerField(default=0)  # no price was set: not in revenue
    revenue_usd = models.DecimalField(max_digits=14, decimal_places=6)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6)
    profit_usd = models.DecimalField(max_digits=14, decimal_places=6)
    take_rate = models.DecimalField(max_digits=6, decimal_places=4)
    break_even_revenue_usd = models.DecimalField(max_digits=14, decimal_places=6)
    break_even_tokens = models.BigIntegerField(null=True)  # null: no token mix that day
    break_even_utilization = models.DecimalField(
        max_digits=14, decimal_places=6, null=True
    )  # null: no mix, or no peak throughput known
    utilization = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    provenance = models.CharField(max_length=10, choices=Provenance)
    closed_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "scope"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "scope", "fleet", "deployment", "simulated"],
                nulls_distinct=False,
                name="economics_daily_profit_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.scope}: {self.profit_usd} USD"
