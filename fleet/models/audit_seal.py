"""Seals of the audit: a hash chain, so that a changed or missing row is noticed."""

from django.db import models


class AuditSeal(models.Model):
    """One link of the chain: SHA-256 over the previous seal's hash and one audit row.

    A row of its own, made once the audit row is committed: hashing inside of every
    deed's transaction would make all deeds wait for each other, and some of them for
    ever. Append-only, as the audit itself; both are kept so by triggers.
    """

    entry = models.OneToOneField(
        "fleet.AuditEntry", on_delete=models.PROTECT, related_name="seal"
    )
    position = models.PositiveBigIntegerField(unique=True)  # 1, 2, 3 … without a gap
    prev_hash = models.CharField(max_length=64)  # hex; of position 1: 64 zeros
    hash = models.CharField(max_length=64)  # hex
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"{self.position}:{self.hash[:12]}"
