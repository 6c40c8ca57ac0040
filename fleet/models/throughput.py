"""Published measurements of throughput, as they were imported."""

from django.db import models


class ThroughputImport(models.Model):
    """One file, taken whole. Its digest keeps it from being taken twice."""

    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    rows = models.PositiveIntegerField()
    left_out = models.PositiveIntegerField(default=0)  # rows without any result
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-imported_at"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.rows} rows)"


class ThroughputMeasurement(models.Model):
    """One measurement of one shape under one load; null is what its source does not say.

    Rates are of the whole replica. `fingerprint` is the digest of everything that makes
    a measurement itself, so that no other file brings it again.
    """

    batch = models.ForeignKey(
        ThroughputImport, on_delete=models.CASCADE, related_name="measurements"
    )
    fingerprint = models.CharField(max_length=64, unique=True)
    model_name = models.CharField(max_length=200)
    precision = models.CharField(max_length=8, blank=True)
    gpu = models.CharField(max_length=80, blank=True)
    gpu_count = models.PositiveIntegerField(null=True)
    tensor_parallel = models.PositiveIntegerField()
    pipeline_parallel = models.PositiveIntegerField()
    data_parallel = models.PositiveIntegerField()
    expert_parallel = models.PositiveIntegerField()
    engine = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=80, blank=True)
    prompt_tokens = models.FloatField(null=True)  # mean of a request, cached ones included
    completion_tokens = models.FloatField(null=True)
    cached_share = models.FloatField(default=0.0)  # 0..1 of the prompt
    concurrency = models.FloatField(null=True)  # requests in flight on the replica
    output_tokens_per_second = models.FloatField(null=True)
    total_tokens_per_second = models.FloatField(null=True)
    ttft_ms = models.FloatField(null=True)
    tpot_ms = models.FloatField(null=True)
    speculative = models.BooleanField()
    verified = models.BooleanField()
    measured_on = models.DateField(null=True)
    source = models.CharField(max_length=200)
    source_url = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["model_name"], name="fleet_throughput_model")]

    def __str__(self) -> str:
        return f"{self.model_name} on {self.gpu_count or '?'} x {self.gpu or '?'}"
