"""Engine samples: what vLLM's counters said, cumulative and untouched."""

from django.db import models

from fleet.models.pod import Pod


class EngineSample(models.Model):
    """One reading of `/metrics`. Counters restart at 0 with the server.

    `prompt_tokens` contains `cached_prompt_tokens`; a null cached count means that
    this vLLM does not report it. `process_started_at` is null where the server
    does not say when it started.
    """

    pod = models.ForeignKey(Pod, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    process_started_at = models.DateTimeField(null=True)
    prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField()
    requests_finished = models.BigIntegerField()
    # Of the finished, by reason; null where this vLLM does not tell reasons.
    requests_stop = models.BigIntegerField(null=True)
    requests_length = models.BigIntegerField(null=True)
    requests_aborted = models.BigIntegerField(null=True)
    requests_failed = models.BigIntegerField(null=True)
    iteration_tokens = models.BigIntegerField(null=True)
    requests_running = models.PositiveIntegerField()
    requests_waiting = models.PositiveIntegerField()
    kv_cache_usage = models.FloatField(null=True)  # 0..1, although vLLM says "perc"

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["pod", "at"], name="fleet_sample_once")
        ]

    def __str__(self) -> str:
        return f"{self.pod} at {self.at:%Y-%m-%d %H:%M:%S}"
