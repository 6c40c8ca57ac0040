"""What pods' billed seconds were used for, and what each use of a day cost."""

from django.db import models
from django.db.models import F, Q


class PodHourUse(models.Model):
    """The billed seconds of a pod in a UTC hour by use; written once, when all samples
    of the hour are in. They add up to the seconds of its accrued GPU line."""

    pod = models.ForeignKey("fleet.Pod", on_delete=models.PROTECT, related_name="hour_uses")
    hour_start = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    start_up_seconds = models.PositiveIntegerField()
    serving_seconds = models.PositiveIntegerField()
    idle_seconds = models.PositiveIntegerField()
    down_seconds = models.PositiveIntegerField()
    unknown_seconds = models.PositiveIntegerField()
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["hour_start"]
        constraints = [
            models.UniqueConstraint(
                fields=["pod", "hour_start"], name="economics_pod_use_once"
            ),
            models.CheckConstraint(
                name="economics_pod_use_adds_up",
                condition=Q(
                    seconds=F("start_up_seconds")
                    + F("serving_seconds")
                    + F("idle_seconds")
                    + F("down_seconds")
                    + F("unknown_seconds")
                ),
            ),
        ]
        indexes = [models.Index(fields=["hour_start"], name="economics_pod_use_by_hour")]

    def __str__(self) -> str:
        return f"{self.pod} {self.hour_start:%Y-%m-%d %H}:00"


class DayUse(models.Model):
    """The cost of a closed day of a deployment by what it was for [USD], stored with the
    day. The amounts add up to `DailyProfit.cost_usd` of the deployment.

    serverless_usd  what endpoints were billed; their seconds are not told
    shared_usd      all that is no pod's second: network volumes, other expenses
    """

    day = models.DateField(db_index=True)
    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT)
    start_up_usd = models.DecimalField(max_digits=14, decimal_places=6)
    serving_usd = models.DecimalField(max_digits=14, decimal_places=6)
    idle_usd = models.DecimalField(max_digits=14, decimal_places=6)
    down_usd = models.DecimalField(max_digits=14, decimal_places=6)
    unknown_usd = models.DecimalField(max_digits=14, decimal_places=6)
    serverless_usd = models.DecimalField(max_digits=14, decimal_places=6)
    shared_usd = models.DecimalField(max_digits=14, decimal_places=6)
    closed_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "deployment"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "deployment"], name="economics_day_use_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.deployment}"
