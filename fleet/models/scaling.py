"""What the burst policy decided, and the numbers it saw."""

from django.db import models

from fleet.models.deployment import Deployment


class ScalingDecision(models.Model):
    """One change of a burst deployment's replicas; rows are only added."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="scaling_decisions"
    )
    at = models.DateTimeField()
    from_replicas = models.PositiveSmallIntegerField()
    to_replicas = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    numbers = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["deployment", "-at"], name="fleet_scaling_by_deployment")
        ]

    def __str__(self) -> str:
        return f"{self.from_replicas} to {self.to_replicas}"
