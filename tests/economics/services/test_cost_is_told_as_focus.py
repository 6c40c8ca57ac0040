"""Cost as FOCUS 1.2: its columns, its rules, and the ledger's sum."""

import csv
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from economics.models import (
    BookImport,
    CostLine,
    DailyProfit,
    Expense,
    ExpenseLine,
    Scope,
    Statement,
    VarianceLine,
)
from economics.selectors.booked_day import booked_day
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day
from economics.services.expenses import Belongs, ExpenseSpec, book_expense
from economics.services.resource_books import accrue_volumes
from fleet.models import Pod
from tests.economics.services.bills import SaidBill
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod
from tests.factories import make_deployment, make_fleet, make_user
from tests.fleet.services.resource_rows import make_volume

FILE = "/books/focus.csv"
# The columns of FOCUS 1.2, in its alphabetical order.
FOCUS_1_2 = [
    "AvailabilityZone",
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "RegionName",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
]
NEVER_NULL = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingCurrency",
    "ProviderName",
    "PublisherName",
    "ServiceCategory",
    "ServiceName",
    "ServiceSubcategory",
]
ALLOWED = {
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
}
SUBCATEGORIES = {
    "Compute": {"Containers", "Serverless Compute", "Virtual Machines"},
    "Storage": {"Block Storage", "File Storage", "Object Storage"},
    "Other": {"Other (Other)"},
}
TIMES = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> Client:
    client = Client()
    client.force_login(make_user("ada"))
    return client


@pytest.fixture
def books() -> Pod:
    """Pods with corrections, a network volume and expenses; the day is closed, and then
    corrected."""
    rented = pod(billed_until=at(15))
    make_volume(
        deployment=rented.deployment,
        size_gb=73,
        provider="fake",
        provider_id="vol-1",
        billed_from=at(9),
    )
    bill = SaidBill()
    for hour in range(10, 15):
        bill.say(rented, at(hour), "0.5", "0.004")
    read_billing(provider=bill, now=at(16))
    for belongs in (
        Belongs(Scope.ALL, simulated=False),
        Belongs(
            Scope.DEPLOYMENT,
            simulated=False,
            fleet_id=rented.deployment.fleet_id,
            deployment_id=rented.deployment_id,
        ),
    ):
        spec = ExpenseSpec(
            spent_on=DAY,
            amount_usd=Decimal("3.33"),
            category="hosting",
            description="=SUM(A1)",
            belongs=belongs,
        )
        book_expense(spec, key=f"{belongs.scope}", acting_user="ada", now=at(17))
    accrue(NEXT_MIDNIGHT)
    accrue_volumes(NEXT_MIDNIGHT)
    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))
    bill.say(rented, at(12), "0.7", "0.004")
    read_billing(provider=bill, now=NEXT_MIDNIGHT + timedelta(hours=2))
    return rented


def rows(client: Client, **asked: object) -> list[dict[str, str]]:
    answer = client.get(FILE, asked)
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(answer.content.decode().splitlines()))


def cost(found: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(row["BilledCost"]) for row in found), Decimal(0))


def test_the_columns_are_those_of_focus_1_2_and_ours_begin_with_x(viewer: Client, books):
    header = viewer.get(FILE, {"day": f"{DAY}"}).content.decode().splitlines()[0].split(",")

    assert header[: len(FOCUS_1_2)] == FOCUS_1_2
    assert len(FOCUS_1_2) == 57
    assert all(name.startswith("x_") for name in header[len(FOCUS_1_2) :])


def test_every_row_keeps_the_rules(viewer: Client, books):
    for row in rows(viewer, first=f"{DAY}", last=f"{DAY + timedelta(days=1)}"):
        for name in NEVER_NULL:
            assert row[name] != "", name
        for name, allowed in ALLOWED.items():
            assert row[name] in allowed
        assert row["ServiceSubcategory"] in SUBCATEGORIES[row["ServiceCategory"]]
        for name in TIMES:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[name])
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert row["BillingPeriodStart"] <= row["x_AccountingDay"] < row["BillingPeriodEnd"]
        assert row["BillingCurrency"] == "USD"
        assert isinstance(json.loads(row["Tags"]), dict)
        if row["ChargeCategory"] in ("Usage", "Purchase"):
            assert row["PricingQuantity"] and row["PricingUnit"]
        if row["ListUnitPrice"]:
            product = Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"])
            assert abs(product - Decimal(row["ListCost"])) <= Decimal("0.000002")


def test_the_sum_of_a_closed_day_is_the_ledgers_and_the_closed_figure(
    viewer: Client, books
):
    whole = DailyProfit.objects.get(scope=Scope.ALL, day=DAY)

    assert cost(rows(viewer, day=f"{DAY}")) == whole.cost_usd


def test_one_deployments_sum_is_its_closed_figure(viewer: Client, books):
    own = DailyProfit.objects.get(scope=Scope.DEPLOYMENT, day=DAY)

    found = rows(viewer, day=f"{DAY}", deployment=books.deployment.slug)

    assert cost(found) == own.cost_usd
    assert {json.loads(row["Tags"])["deployment"] for row in found} == {
        books.deployment.slug
    }


def test_what_was_found_later_is_in_the_later_day_with_the_hour_that_it_is_about(
    viewer: Client, books
):
    found = rows(viewer, day=f"{DAY + timedelta(days=1)}")

    (late,) = [row for row in found if Decimal(row["BilledCost"]) == Decimal("0.2")]
    assert late["ChargePeriodStart"] == f"{at(12):%Y-%m-%dT%H:%M:%SZ}"
    assert (late["ChargeCategory"], late["ChargeClass"]) == ("Adjustment", "")
    assert late["x_CorrectsLine"].startswith("cost-")


def test_a_correction_of_an_earlier_month_is_of_the_class_correction(viewer: Client):
    rented = pod()
    accrue(at(12))
    accrued = CostLine.objects.filter(pod=rented, kind="gpu").first()
    CostLine.objects.create(
        **{
            field.attname: getattr(accrued, field.attname)
            for field in CostLine._meta.fields
            if field.name not in ("id", "day", "hour_start")
        },
        hour_start=at(9),
        day=date(2026, 4, 1),
    )

    (row,) = rows(viewer, day="2026-04-01")

    assert row["ChargeClass"] == "Correction"
    assert row["BillingPeriodStart"] == "2026-04-01T00:00:00Z"


def test_a_formula_in_a_name_is_text(viewer: Client, books):
    found = rows(viewer, day=f"{DAY}")

    assert "'=SUM(A1)" in {row["ResourceName"] for row in found}


def test_kinds_of_money_do_not_mix(viewer: Client, books):
    play = pod(deployment=make_deployment(fleet=make_fleet(simulated=True)))
    accrue(NEXT_MIDNIGHT)

    found = rows(viewer, day=f"{DAY + timedelta(days=1)}", money="simulated")

    assert {row["ResourceId"] for row in found} == {play.provider_id}


def test_all_lines_of_every_kind_are_there_once(viewer: Client, books):
    found = rows(viewer, first=f"{DAY}", last=f"{DAY + timedelta(days=1)}")

    assert len({row["x_Line"] for row in found}) == len(found)
    assert {row["x_Kind"] for row in found} == {"gpu", "disk", "network_volume", "expense"}
    assert Expense.objects.count() == ExpenseLine.objects.count() == 2


def test_what_a_statement_paid_less_is_a_cost_of_the_day_on_which_it_was_found(
    viewer: Client, books
):
    file = BookImport.objects.create(
        kind="statement", sha256="0" * 64, name="a.csv", row_count=1, imported_at=at(9)
    )
    money = dict.fromkeys(("gross_usd", "fee_usd", "net_usd"), Decimal(1))
    statement = Statement.objects.create(
        market="openrouter",
        month=date(2026, 2, 1),
        version=1,
        simulated=False,
        book_import=file,
        imported_at=at(9),
        **money,
    )
    day = DAY + timedelta(days=1)
    VarianceLine.objects.create(
        statement=statement,
        month=statement.month,
        simulated=False,
        amount_usd=Decimal("-1.25"),
        day=day,
        booked_at=at(25),
    )

    (row,) = [each for each in rows(viewer, day=f"{day}") if each["x_Kind"] == "variance"]

    assert Decimal(row["BilledCost"]) == Decimal("1.25")
    assert (row["ChargeClass"], row["ChargeCategory"]) == ("Correction", "Adjustment")
    assert row["ChargePeriodStart"] == "2026-02-01T00:00:00Z"
    assert booked_day(day).expenses.shared_by(simulated=False) == Decimal("1.25")


@pytest.mark.parametrize("asked", [{"first": "x"}, {"deployment": "nobody"}])
def test_nonsense_gets_a_sentence(viewer: Client, asked):
    assert viewer.get(FILE, asked).status_code == 422


def test_too_many_lines_are_refused_whole(viewer: Client, books, monkeypatch):
    monkeypatch.setattr("economics.views.focus.MOST_LINES", 3)

    answer = viewer.get(FILE, {"day": f"{DAY}"})

    assert answer.status_code == 422 and b"ask for fewer days" in answer.content


def test_the_days_page_leads_to_it(viewer: Client, books):
    page = viewer.get("/books/", {"day": f"{DAY}"}).content.decode()

    assert f"{FILE}?day={DAY}" in page
