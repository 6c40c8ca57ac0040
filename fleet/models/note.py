"""Notes: what a person knows of a day, of everything or of one deployment."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment

LONGEST_NOTE = 500


class NoteQuerySet(models.QuerySet["OperatorNote"]):
    def kept(self) -> NoteQuerySet:
        """Those that nobody took away."""
        return self.filter(removed_at__isnull=True)

    def about(self, *, deployment: Deployment | None, day: date | None) -> NoteQuerySet:
        """Of a deployment with those of everything, or of a whole day; None: of any."""
        found = self.kept()
        if deployment is not None:
            found = found.filter(Q(deployment=deployment) | Q(deployment__isnull=True))
        return found if day is None else found.filter(day=day)


class OperatorNote(models.Model):
    """A note. One that was taken away keeps its row, so that it can be put back.

    day         the UTC day that it is about, by which charts mark it
    deployment  None: about everything
    """

    day = models.DateField()
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, null=True, related_name="notes"
    )
    text = models.CharField(max_length=LONGEST_NOTE)
    author = models.CharField(max_length=150)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-at", "-pk"]
        indexes = [
            models.Index(
                fields=["day"],
                name="fleet_note_kept",
                condition=Q(removed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"note {self.pk} of {self.day}"
