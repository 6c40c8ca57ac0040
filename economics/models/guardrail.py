"""Guardrails: their limits, versioned, and the trips of those limits."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from economics.calc.guardrails import LEVELS, RULES, Level, Rule, Thresholds

RULE_CHOICES = [(rule.value, RULES[rule].name) for rule in Rule]
LEVEL_CHOICES = [(level.value, level.value) for level in Level]


class GuardrailLimit(models.Model):
    """One version of the thresholds of a rule, for a fleet or for all.

    Appended, never edited: the version with the newest `effective_from` that has come
    counts, and of those the highest. A version without any number switches the rule off.
    The numbers are in the rule's own unit: USD, USD/h or h.
    """

    rule = models.CharField(max_length=24, choices=RULE_CHOICES)
    fleet = models.ForeignKey(
        "fleet.Fleet", on_delete=models.PROTECT, null=True, related_name="guardrail_limits"
    )  # null: all fleets of the account's kind of money
    version = models.PositiveIntegerField()
    warn = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    refuse = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    drain = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    terminate = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    counted_from = models.DateField(null=True)  # the experiment's first UTC day
    effective_from = models.DateTimeField()
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["rule", "fleet", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "fleet", "version"],
                nulls_distinct=False,
                name="economics_guardrail_version_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} of {self.fleet or 'all fleets'}, version {self.version}"

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(**{level.value: getattr(self, level.value) for level in LEVELS})


class GuardrailTrip(models.Model):
    """A level that was reached, [opened_at, closed_at): what was seen and what was done."""

    rule = models.CharField(max_length=24, choices=RULE_CHOICES)
    level = models.CharField(max_length=10, choices=LEVEL_CHOICES)
    fleet = models.ForeignKey(
        "fleet.Fleet", on_delete=models.PROTECT, null=True, related_name="guardrail_trips"
    )
    subject = models.CharField(max_length=80, blank=True)  # a pod's or deployment's name
    limit = models.ForeignKey(GuardrailLimit, on_delete=models.PROTECT)
    limit_value = models.DecimalField(max_digits=12, decimal_places=4)
    observed = models.DecimalField(
        max_digits=18, decimal_places=6, null=True
    )  # when it opened; null: it was not known
    worst = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    last_observed = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    sentence = models.TextField()
    action = models.TextField(blank=True)  # what was done, in words, newest last
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "level", "fleet", "subject"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="economics_trip_once_while_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.level} {self.subject or self.fleet or 'all fleets'}"

    @property
    def rule_name(self) -> str:
        return RULES[Rule(self.rule)].name
