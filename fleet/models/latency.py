"""Latency samples: vLLM's histograms once a minute, cumulative and untouched."""

from django.db import models

from fleet.models.pod import Pod


class LatencySample(models.Model):
    """The histograms and token counters of one reading of `/metrics`.

    `histograms` maps ttft, itl and queue to [count, sum in seconds, {bound: count}].
    Counters restart at 0 with the server; `process_started_at` tells when.
    """

    pod = models.ForeignKey(Pod, on_delete=models.CASCADE, related_name="latencies")
    at = models.DateTimeField()
    process_started_at = models.DateTimeField(null=True)
    histograms = models.JSONField()
    prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["pod", "at"], name="fleet_latency_once")
        ]

    def __str__(self) -> str:
        return f"latency of {self.pod} at {self.at:%Y-%m-%d %H:%M:%S}"
