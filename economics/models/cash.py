"""Money that really moved: payments of marketplaces, top-ups of prepaid balances."""

from django.db import models
from django.db.models import Q


class CashKind(models.TextChoices):
    PAYMENT = "payment", "payment received"
    TOP_UP = "top_up", "top-up paid"


class CashEntry(models.Model):
    """A payment that a marketplace made, or a top-up of a provider's balance.

    Cash, not profit: no figure of a day holds it. A payment says which month it pays.
    Never edited: a reversal is a row of its own with the opposite amount, once.
    """

    kind = models.CharField(max_length=8, choices=CashKind)
    party = models.CharField(max_length=40)  # the marketplace, or the provider
    month = models.DateField(null=True)  # the first day of the month that is paid
    paid_on = models.DateField()
    amount_usd = models.DecimalField(max_digits=14, decimal_places=2)
    note = models.CharField(max_length=120, blank=True)
    simulated = models.BooleanField()
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by"
    )
    book_import = models.ForeignKey(
        "economics.BookImport", on_delete=models.PROTECT, null=True
    )
    key = models.CharField(max_length=64, unique=True)  # a form that is sent twice
    acting_user = models.CharField(max_length=150)
    booked_at = models.DateTimeField()

    class Meta:
        ordering = ["-paid_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="economics_payment_has_a_month",
                condition=Q(kind=CashKind.PAYMENT, month__isnull=False)
                | Q(kind=CashKind.TOP_UP, month__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD {self.kind} {self.party}"
