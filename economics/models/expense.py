"""Other expenses: what is paid for beside the cloud, spread over the days it is for."""

from django.db import models
from django.db.models import F, Q

from economics.models.profit import Scope


class ExpenseCategory(models.TextChoices):
    """What an expense is for."""

    DOMAIN = "domain", "domain"
    HOSTING = "hosting", "hosting"  # the console's own machine, proxy, storage
    MONITORING = "monitoring", "monitoring"
    SOFTWARE = "software", "software"
    PEOPLE = "people", "people"
    BANK = "bank", "bank and payment fees"
    TAX = "tax", "tax"
    LEGAL = "legal", "legal and accounting"
    OTHER = "other", "other"


class Expense(models.Model):
    """What was paid for the days first_day to last_day, both included. Never edited.

    `belongs_to` a deployment, a fleet, or all fleets of one kind of money. A negative
    amount is money that came back. A reversal is a row of its own with the opposite
    amount; an expense is reversed once.
    """

    spent_on = models.DateField()
    first_day = models.DateField()
    last_day = models.DateField()
    amount_usd = models.DecimalField(max_digits=12, decimal_places=2)
    category = models.CharField(max_length=10, choices=ExpenseCategory)
    description = models.CharField(max_length=120)
    belongs_to = models.CharField(max_length=10, choices=Scope)
    simulated = models.BooleanField()
    fleet = models.ForeignKey("fleet.Fleet", on_delete=models.PROTECT, null=True)
    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT, null=True)
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
        ordering = ["-spent_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="economics_expense_has_days", condition=Q(last_day__gte=F("first_day"))
            ),
            models.CheckConstraint(
                name="economics_expense_has_one_owner",
                condition=Q(belongs_to=Scope.ALL, fleet=None, deployment=None)
                | Q(belongs_to=Scope.FLEET, fleet__isnull=False, deployment=None)
                | Q(
                    belongs_to=Scope.DEPLOYMENT,
                    fleet__isnull=False,
                    deployment__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description}: {self.amount_usd} USD"

    @property
    def day_count(self) -> int:
        return (self.last_day - self.first_day).days + 1


class ExpenseLine(models.Model):
    """The share of one day in an expense. Appended, never edited.

    `about` is the day that the share is for, `day` the accounting day that it counts in:
    the same, or the first open day where `about` was closed already.
    """

    expense = models.ForeignKey(Expense, on_delete=models.PROTECT, related_name="lines")
    about = models.DateField()
    day = models.DateField(db_index=True)
    amount_usd = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["about", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["expense", "about"], name="economics_expense_line_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount_usd} USD for {self.about:%Y-%m-%d}"
