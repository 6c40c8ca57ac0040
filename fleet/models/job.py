"""Jobs: every run of a scheduled task, as a row that a person can open."""

from django.db import models


class JobResult(models.TextChoices):
    RUNNING = "running", "running"
    OK = "ok", "ok"
    FAILED = "failed", "failed"  # said what is wrong, on purpose
    ERRORED = "errored", "errored"  # broke
    SKIPPED = "skipped", "skipped"  # another run held the lease


class JobRun(models.Model):
    """One run of a job."""

    name = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=8, choices=JobResult, default=JobResult.RUNNING)
    summary = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["name", "-started_at"], name="fleet_job_latest")]

    def __str__(self) -> str:
        return f"{self.name} at {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def seconds(self) -> float | None:
        if self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class JobLease(models.Model):
    """Who may run a job now. A dead worker's lease ends by itself."""

    name = models.CharField(max_length=60, primary_key=True)
    token = models.CharField(max_length=36)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} until {self.until:%H:%M:%S}"


class JobPause(models.Model):
    """A job of the schedule rests in [paused_at, until). The newest pause of each job; an
    ended one stays as the instant from which the job is awaited again."""

    name = models.CharField(max_length=60, primary_key=True)
    paused_at = models.DateTimeField()
    until = models.DateTimeField()
    paused_by = models.CharField(max_length=150)

    def __str__(self) -> str:
        return f"{self.name} paused until {self.until:%Y-%m-%d %H:%M} UTC"
