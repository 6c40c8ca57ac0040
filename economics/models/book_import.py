"""Files that were taken into the books."""

from django.db import models


class BookImport(models.Model):
    """A file that was taken in, whole; its digest refuses the same file again.

    kind  which import it belongs to: expenses, statement, cash, …
    """

    kind = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    row_count = models.PositiveIntegerField()
    acting_user = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-imported_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256"], name="economics_file_imported_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.row_count} rows"
