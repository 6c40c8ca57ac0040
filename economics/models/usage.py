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
    booked_at = models.DateTimeField(null=True)  # its revenue lines, or that there is none

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
        indexes = [
            models.Index(fields=["hour_start"], name="economics_usage_by_hour"),
            # The few that wait for their revenue, among the hours of all years.
            models.Index(
                fields=["hour_start"],
                name="economics_usage_unbooked",
                condition=Q(booked_at__isnull=True),
            ),
        ]

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
    process_seen_at = models.DateTimeField(null=True)  # first sample of this process
    end_judged_at = models.DateTimeField(null=True)  # what came after was estimated

    def __str__(self) -> str:
        return f"{self.pod} until {self.settled_until:%Y-%m-%d %H:%M:%S}"


class UsageProcess(models.Model):
    """The last reading of a server process that another one followed, as it was counted.

    A sample of it that arrives later adds what it has more than this, whatever was counted
    since: what a pod served is the sum over its processes of their highest counters.
    """

    pod = models.ForeignKey("fleet.Pod", on_delete=models.CASCADE, related_name="processes")
    process_started_at = models.DateTimeField()
    read_at = models.DateTimeField()
    prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField()
    requests_finished = models.BigIntegerField()
    requests_stop = models.BigIntegerField(null=True)
    requests_length = models.BigIntegerField(null=True)
    requests_aborted = models.BigIntegerField(null=True)
    requests_failed = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pod", "process_started_at"], name="economics_process_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pod}, started {self.process_started_at:%Y-%m-%d %H:%M:%S}"


class UsageEstimate(models.Model):
    """Tokens of [from_at, to_at) of one UTC hour that no counter tells. Never in UsageHour.

    at_most_tokens  what the peak throughput allows; null where no peak was known
    earns           whether they become revenue, by the setting when they were made
    superseded_at   a late sample told what was served; then the row counts no more
    """

    class Reason(models.TextChoices):
        RESTART = "restart", "the server restarted after its last reading"
        END = "end", "the pod ended after its last reading"

    pod = models.ForeignKey(
        "fleet.Pod", on_delete=models.PROTECT, related_name="usage_estimates"
    )
    reason = models.CharField(max_length=7, choices=Reason)
    hour_start = models.DateTimeField(db_index=True)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    uncached_prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField()
    completion_tokens = models.BigIntegerField()
    at_most_tokens = models.BigIntegerField(null=True)
    basis = models.CharField(max_length=300)  # the formula with its numbers
    earns = models.BooleanField()
    made_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["from_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["pod", "from_at"],
                condition=Q(superseded_at__isnull=True),
                name="economics_estimate_once",
            ),
            models.CheckConstraint(
                name="economics_estimate_not_negative",
                condition=Q(uncached_prompt_tokens__gte=0)
                & Q(cached_prompt_tokens__gte=0)
                & Q(completion_tokens__gte=0)
                & Q(to_at__gt=models.F("from_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pod} from {self.from_at:%Y-%m-%d %H:%M:%S}, {self.reason}"

    @property
    def tokens(self) -> int:
        """All classes together."""
        return (
            self.uncached_prompt_tokens + self.cached_prompt_tokens + self.completion_tokens
        )
