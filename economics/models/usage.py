"""Usage: the tokens of a pod per UTC hour, and how far its samples were read."""

from django.db import models
from django.db.models import Q


class UsageHour(models.Model):
    """Tokens that a pod served in [hour_start, hour_start + 1 h).

    Cached and uncached prompt tokens are classes of their own; their sum is vLLM's
    prompt_tokens_total. A sealed hour never changes: late tokens go to the first
    open hour, whose `late_tokens` says how many.
    """

    pod = models.ForeignKey(
        "fleet.Pod", on_delete=models.PROTECT, related_name="usage_hours"
    )
    hour_start = models.DateTimeField()
    uncached_prompt_tokens = models.BigIntegerField(default=0)
    cached_prompt_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    requests = models.BigIntegerField(default=0)  # the sum of the six below
    requests_stop = models.BigIntegerField(default=0)  # the model ended its answer
    requests_length = models.BigIntegerField(default=0)  # cut at their length
    requests_aborted = models.BigIntegerField(default=0)  # the client went away
    requests_failed = models.BigIntegerField(default=0)  # the engine failed
    requests_other = models.BigIntegerField(default=0)  # a reason that has no column
    requests_unknown = models.BigIntegerField(default=0)  # vLLM told no reasons
    interpolated_tokens = models.BigIntegerField(default=0)  # split by time over the hour
    late_tokens = models.BigIntegerField(default=0)  # belong to a sealed hour
    cached_unknown = models.BooleanField(default=False)  # vLLM did not report cached tokens
    sealed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["hour_start"]
        constraints = [
            models.UniqueConstraint(
                fields=["pod", "hour_start"], name="economics_usage_hour_once"
            ),
            models.CheckConstraint(
                name="economics_usage_not_negative",
                condition=Q(uncached_prompt_tokens__gte=0)
                & Q(cached_prompt_tokens__gte=0)
                & Q(completion_tokens__gte=0),
            ),
        ]
        indexes = [models.Index(fields=["hour_start"], name="economics_usage_by_hour")]

    def __str__(self) -> str:
        return f"{self.pod} {self.hour_start:%Y-%m-%d %H}:00"


class UsageCursor(models.Model):
    """The last sample of a pod that was counted. Counting again from here adds 0."""

    pod = models.OneToOneField("fleet.Pod", on_delete=models.CASCADE, primary_key=True)
    settled_until = models.DateTimeField()  # instant of the last counted sample
    process_started_at = models.DateTimeField(null=True)
    prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField()
    requests_finished = models.BigIntegerField()
    requests_stop = models.BigIntegerField(null=True)
    requests_length = models.BigIntegerField(null=True)
    requests_aborted = models.BigIntegerField(null=True)
    requests_failed = models.BigIntegerField(null=True)
    resets = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.pod} until {self.settled_until:%Y-%m-%d %H:%M:%S}"
