"""A page with its filters, kept under a name by whom it is useful to."""

from __future__ import annotations

from django.conf import settings
from django.db import models

LONGEST_NAME = 40
LONGEST_ADDRESS = 1000


class SavedView(models.Model):
    """An address of the console that somebody gave a name. Everybody has their own."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=LONGEST_NAME)
    address = models.CharField(max_length=LONGEST_ADDRESS)  # path and question, no host
    created_at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(default=0)  # in its person's own order

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="a_view_has_its_name_once_per_user"
            ),
            models.CheckConstraint(
                condition=models.Q(address__regex=r"^/([^/\\]|$)"),
                name="a_view_leads_into_the_console",
            ),
        ]

    def __str__(self) -> str:
        return self.name
