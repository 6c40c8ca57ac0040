"""Boots: when a pod's engine loaded its weights, as its log tells."""

from __future__ import annotations

from django.db import models

from fleet.models.pod import Pod


class PodBoot(models.Model):
    """What the log told of a start. None in `weights_…` where no line tells it."""

    pod = models.OneToOneField(Pod, on_delete=models.CASCADE, related_name="boot")
    read_at = models.DateTimeField()  # the newest reading
    weights_from = models.DateTimeField(null=True, blank=True)
    weights_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"boot of {self.pod}"
