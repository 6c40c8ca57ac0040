"""Statements, their lines, take rates, the month and asked schedules as CSV."""

import csv
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.hours import day_of
from economics.models import (
    BookImport,
    SchedulePlan,
    Statement,
    TakeRate,
    VarianceLine,
)
from fleet.models import Deployment
from tests.economics.profit.story import tell
from tests.factories import NOW

pytestmark = pytest.mark.django_db

FEBRUARY = date(2026, 2, 1)
MONTHS, RATES = "/books/statements.csv", "/prices/take-rates.csv"
VERSIONS, LINES = (
    "/books/statements/2026-02/versions.csv",
    "/books/statements/2026-02/lines.csv",
)
MONTH, SCHEDULES = "/books/month.csv", "/schedule/schedules.csv"


def rows(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


@pytest.fixture
def statement(deployment: Deployment) -> Statement:
    """A statement of February with one line of a model of ours and one of none."""
    simulated = deployment.fleet.simulated
    taken = BookImport.objects.create(
        kind="statement",
        name="=feb.csv",
        sha256="a" * 64,
        row_count=2,
        acting_user="ada",
        imported_at=NOW,
    )
    row = Statement.objects.create(
        market="openrouter",
        month=FEBRUARY,
        version=1,
        simulated=simulated,
        gross_usd=Decimal("10.5"),
        fee_usd=Decimal("0.5"),
        net_usd=Decimal("10.0"),
        book_import=taken,
        imported_at=NOW,
    )
    common = {"statement": row, "month": FEBRUARY, "simulated": simulated}
    common |= {"day": date(2026, 3, 2), "booked_at": NOW}
    VarianceLine.objects.create(
        served_model=deployment.variant.served_model,
        deployment=deployment,
        amount_usd=Decimal("-1.234567"),
        **common,
    )
    VarianceLine.objects.create(amount_usd=Decimal("0.000001"), **common)
    return row


def test_a_month_has_what_was_accrued_and_what_is_stated(
    operator: Client, statement: Statement
):
    money = "simulated" if statement.simulated else "real"

    (row,) = rows(operator, MONTHS, money=money)

    assert (row["month"], row["accrued_net_usd"]) == ("2026-02", "0")
    assert Decimal(row["stated_net_usd"]) == Decimal(10)
    assert Decimal(row["booked_variance_usd"]) == Decimal("-1.234566")
    assert row["statements"] == "openrouter version 1"


def test_a_months_versions_name_their_files_and_none_runs(
    operator: Client, statement: Statement
):
    money = "simulated" if statement.simulated else "real"

    (row,) = rows(operator, VERSIONS, money=money)

    assert (row["file"], row["version"], row["fee_usd"]) == ("'=feb.csv", "1", "0.500000")


def test_a_variance_line_keeps_every_digit_and_a_loss_stays_a_number(
    operator: Client, statement: Statement
):
    money = "simulated" if statement.simulated else "real"

    found = rows(operator, LINES, money=money)

    assert [row["amount_usd"] for row in found] == ["-1.234567", "0.000001"]
    assert [row["model"] for row in found] == ["llama-3.1-8b", ""]


def test_lines_of_the_other_kind_of_money_are_left_out(
    operator: Client, statement: Statement
):
    VarianceLine.objects.create(
        statement=statement,
        month=FEBRUARY,
        simulated=not statement.simulated,
        amount_usd=Decimal(5),
        day=date(2026, 3, 2),
        booked_at=NOW,
    )
    money = "simulated" if statement.simulated else "real"

    amounts = [row["amount_usd"] for row in rows(operator, LINES, money=money)]

    assert amounts == ["-1.234567", "0.000001"]


def test_a_rate_is_a_fraction_from_its_day_on(operator: Client):
    TakeRate.objects.create(
        rate=Decimal("0.055"), valid_from=date(2026, 3, 1), set_by="ada", set_at=NOW
    )

    (row,) = rows(operator, RATES)

    assert (row["from_day_utc"], row["take_rate_fraction"]) == ("2026-03-01", "0.0550")


def test_the_rows_of_a_month_are_those_of_its_closed_days(operator: Client):
    story = tell(date(2026, 3, 7))

    found = rows(operator, MONTH, month="2026-03", money="real")

    costs = [Decimal(row["usd"]) for row in found if row["part"] == "cost"]
    page = operator.get("/books/month/", {"month": "2026-03", "money": "real"})
    assert sum(costs) == page.context["told"].cost_usd > 0
    assert day_of(story.now).month == 3


def test_a_month_that_is_none_gets_its_sentence(operator: Client):
    answer = operator.get(MONTH, {"month": "soon"})

    assert answer.status_code == 422
    assert answer.content.decode() == "Month is 'soon'; write it as 2026-03."


def test_a_schedule_that_waits_has_no_profit(operator: Client):
    SchedulePlan.objects.create(
        key="k",
        model="llama-3.1-8b",
        question={"hours": "48"},
        simulated=True,
        seed=1,
        asked_by="ada",
        asked_at=NOW,
        due_at=NOW,
    )

    (row,) = rows(operator, SCHEDULES)

    assert (row["hours"], row["status"], row["profit_usd"]) == ("48", "pending", "")


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("/books/statements/", MONTHS),
        ("/books/statements/2026-02/", VERSIONS),
        ("/books/statements/2026-02/", LINES),
        ("/prices/take-rate/", RATES),
        ("/books/month/?month=2026-02", f"{MONTH}?month=2026-02&amp;money="),
    ],
)
def test_the_page_leads_to_its_file(
    operator: Client, statement: Statement, page: str, file: str
):
    day = timezone.now().date()
    TakeRate.objects.create(rate=Decimal("0.05"), valid_from=day, set_by="ada", set_at=NOW)
    money = "simulated" if statement.simulated else "real"
    mark = "&" if "?" in page else "?"

    assert f'href="{file}' in operator.get(f"{page}{mark}money={money}").content.decode()


@pytest.mark.parametrize("address", [MONTHS, VERSIONS, LINES, RATES, MONTH, SCHEDULES])
def test_a_file_needs_a_login(client: Client, address: str):
    assert client.get(address).status_code == 302
