"""Whoever adds up a day's lines finds the variance of a statement in them, once."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from economics.models import DailyProfit, DayClose, Scope
from economics.selectors.day_rows import day_rows, total
from economics.services.close import close_day
from fleet.models import Deployment
from tests.economics.services.test_a_statement_is_matched_with_what_was_accrued import (
    LAST,
    NOW,
    TODAY,
    accrued,
    imported,
    row,
    slug,
)
from tests.factories import make_deployment, make_user

CLOSING = NOW + timedelta(hours=12, minutes=20)


@pytest.fixture
def reader(db: None) -> Client:
    """A browser, after a statement that pays $0.75 less and $2 for a foreign model."""
    deployment = make_deployment(created_at=NOW)
    accrued(deployment, "10.00")
    for n in range((TODAY - LAST).days - 1):
        DayClose.objects.create(day=LAST + timedelta(days=1 + n), closed_at=NOW)
    imported(row(slug(deployment), "9.25"), row("acme/other", "2.00"))
    close_day(TODAY, CLOSING)
    client = Client()
    client.force_login(make_user("ada"))
    return client


def test_the_closed_day_its_rows_and_focus_have_the_same_cost(reader: Client):
    closed = DailyProfit.objects.get(day=TODAY, scope=Scope.ALL)
    every = Deployment.objects.all()
    told = day_rows(TODAY, TODAY, now=CLOSING, deployments=every, simulated=False)
    shown = total(told.rows)
    told = reader.get("/books/focus.csv", {"day": f"{TODAY}"}).content.decode()
    lines = list(csv.DictReader(told.splitlines()))

    assert closed.cost_usd == Decimal("-1.25")
    assert shown is not None and shown.cost_usd == closed.cost_usd
    assert sum(Decimal(line["BilledCost"]) for line in lines) == closed.cost_usd


def test_focus_says_what_the_line_is_about(reader: Client):
    told = reader.get("/books/focus.csv", {"day": f"{TODAY}"}).content.decode()
    foreign, line = csv.DictReader(told.splitlines())

    assert (line["BilledCost"], foreign["BilledCost"]) == ("0.750000", "-2.000000")
    assert line["ChargePeriodStart"] == "2026-02-01T00:00:00Z"
    assert line["ChargePeriodEnd"] == "2026-03-01T00:00:00Z"
    assert (line["ChargeCategory"], line["ChargeClass"]) == ("Adjustment", "Correction")
    assert (line["x_Kind"], line["ProviderName"]) == ("variance", "openrouter")
    assert "openrouter 2026-02" in foreign["ChargeDescription"]


def test_one_deployment_has_its_own_variance_alone(reader: Client):
    own = DailyProfit.objects.get(day=TODAY, scope=Scope.DEPLOYMENT)
    assert own.deployment is not None
    asked = {"day": f"{TODAY}", "deployment": own.deployment.slug}
    told = reader.get("/books/focus.csv", asked).content.decode()

    (line,) = csv.DictReader(told.splitlines())
    assert Decimal(line["BilledCost"]) == own.cost_usd == Decimal("0.75")
