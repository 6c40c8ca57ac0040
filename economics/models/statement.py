"""What a marketplace says that it pays for a month, and what that corrects."""

from django.db import models


class Statement(models.Model):
    """A marketplace's statement of one month, as it was imported. Never edited.

    A corrected statement is the next version; the newest one counts.
    """

    market = models.CharField(max_length=40)
    month = models.DateField()  # its first day
    version = models.PositiveIntegerField()
    simulated = models.BooleanField()
    gross_usd = models.DecimalField(max_digits=16, decimal_places=6)
    fee_usd = models.DecimalField(max_digits=16, decimal_places=6)
    net_usd = models.DecimalField(max_digits=16, decimal_places=6)
    book_import = models.ForeignKey("economics.BookImport", on_delete=models.PROTECT)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-month", "market", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["market", "month", "simulated", "version"],
                name="economics_statement_version_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.market} {self.month:%Y-%m} version {self.version}"


class StatementRow(models.Model):
    """One row of a statement; tokens are null where the file does not say them.

    `prompt_tokens` holds the cached ones too, as the marketplace counts. No
    `served_model`: no model of ours had this name when it was imported.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="rows")
    line = models.PositiveIntegerField()
    period = models.CharField(max_length=20)
    model_name = models.CharField(max_length=120)
    served_model = models.ForeignKey(
        "fleet.ServedModel", on_delete=models.PROTECT, null=True
    )
    prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)
    gross_usd = models.DecimalField(max_digits=16, decimal_places=6)
    fee_usd = models.DecimalField(max_digits=16, decimal_places=6)
    net_usd = models.DecimalField(max_digits=16, decimal_places=6)

    class Meta:
        ordering = ["statement", "line"]

    def __str__(self) -> str:
        return f"{self.net_usd} USD {self.model_name}"


class VarianceLine(models.Model):
    """What statements pay more (or, negative, less) than was accrued for a month.

    It lowers the cost of `day`, the day on which it was found. Appended, never edited: a
    later version of a statement adds the difference to what is booked. Without a
    deployment it belongs to all: no accrual of ours explains it.
    """

    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="variance_lines"
    )
    month = models.DateField()
    served_model = models.ForeignKey(
        "fleet.ServedModel", on_delete=models.PROTECT, null=True
    )
    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT, null=True)
    simulated = models.BooleanField()
    amount_usd = models.DecimalField(max_digits=16, decimal_places=6)
    day = models.DateField(db_index=True)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["day", "pk"]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD about {self.month:%Y-%m}"
