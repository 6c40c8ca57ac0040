"""Prices, cash, statements and expenses: what the pages show, with every digit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.hours import day_of, hour_start
from economics.models import CashKind, Scope
from economics.services.cash import CashSpec, book_cash, reverse_cash
from economics.services.expenses import Belongs, ExpenseSpec, book_expense
from fleet.models import Pod
from tests.factories import make_price

TODAY = day_of(timezone.now())
SHEET = {
    "uncached_prompt_usd_per_token": Decimal("0.000000002"),
    "cached_prompt_usd_per_token": Decimal("0.0000027500000000000004"),
    "completion_usd_per_token": Decimal("0.0000004"),
}


def ok(script: Client, address: str) -> dict:
    answer = script.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def slug_of(pod: Pod) -> str:
    return pod.deployment.variant.served_model.slug


def test_a_price_keeps_every_digit_and_says_what_we_are_paid_after_the_discount(
    script: Client, pod: Pod
):
    start = hour_start(timezone.now()) - timedelta(hours=2)
    make_price(
        served_model=pod.deployment.variant.served_model,
        valid_from=start,
        discount_fraction=Decimal("0.2500"),
        discount_from=start,
        discount_funding="ours",
        **SHEET,
    )

    (model,) = ok(script, f"prices?model={slug_of(pod)}")["models"]

    (price,) = model["prices"]
    assert price["state"] == "now"
    assert Decimal(price["list"]["cached_prompt_usd_per_token"]) == Decimal(
        "0.0000027500000000000004"
    )
    assert price["discount"]["funded_by"] == "ours"
    assert Decimal(price["discount"]["fraction"]) == Decimal("0.25")
    paid = model["we_are_paid_now"]
    assert Decimal(paid["uncached_prompt_usd_per_token"]) == Decimal("0.0000000015")
    assert Decimal(paid["completion_usd_per_million"]) == Decimal("0.3")


def test_a_model_without_a_price_says_so(script: Client, pod: Pod):
    (model,) = ok(script, f"prices?model={slug_of(pod)}")["models"]

    assert (model["we_are_paid_now"], model["prices"]) == (None, [])


def test_prices_of_an_unknown_model_get_a_sentence(script: Client, pod: Pod):
    answer = script.get("/api/v1/prices?model=nobody")

    assert answer.status_code == 400
    assert "there is no model 'nobody'" in answer.json()["errors"][0]["detail"]


def test_cash_tells_payments_and_the_ones_taken_back(script: Client, pod: Pod):
    spec = CashSpec(
        kind=CashKind.PAYMENT,
        party="openrouter",
        paid_on=TODAY,
        amount_usd=Decimal("1250.10"),
        simulated=False,
        month=TODAY.replace(day=1),
        note="first",
    )
    row = book_cash(spec, key="k" * 20, acting_user="ada", now=timezone.now())
    back = reverse_cash(row.pk, reason="twice", acting_user="ada", now=timezone.now())

    told = ok(script, "cash")

    newest, oldest = told["entries"]
    assert (newest["id"], newest["amount_usd"]) == (back.pk, "-1250.10")
    assert (newest["reverses"], oldest["reversed_by"]) == (row.pk, back.pk)
    assert (told["entry_count"], told["money"]) == (2, "real")
    assert told["position"]["next_payment_usd"] is None
    assert "no payment is due" in told["position"]["next_payment_usd_unknown_because"]
    assert ok(script, "cash?page=2")["entries"] == []
    assert ok(script, "cash?money=simulated")["entries"] == []


def test_what_is_owed_is_told_by_month(script: Client, closed_day: date):
    told = ok(script, "cash")["receivables"]
    months = ok(script, "statements")["months"]

    owed = {row["month"]: Decimal(row["owed_usd"]) for row in told}
    assert owed[f"{closed_day:%Y-%m}"] == Decimal("0.2")
    (month,) = months
    assert Decimal(month["accrued_gross_usd"]) == Decimal("0.2")
    assert month["stated_net_usd"] is None
    assert "no statement" in month["stated_net_usd_unknown_because"]
    assert month["statements"] == []


def test_a_month_is_told_by_model(script: Client, closed_day: date):
    month = f"{closed_day:%Y-%m}"

    told = ok(script, f"statements?month={month}")

    (model,) = told["models"]
    assert told["month"] == month
    assert (model["is_stated"], model["stated_tokens"]) == (False, None)
    assert Decimal(model["variance_usd"]) == Decimal("-0.2")
    assert model["words"] == ["No statement of this month yet."]


@pytest.mark.parametrize("text", ["march", "2026-13", "2026-3", "٢٠٢٦-٠٣", "9999-12"])
def test_what_is_no_month_gets_a_sentence(script: Client, text: str):
    answer = script.get("/api/v1/statements", {"month": text})

    assert answer.status_code == 400
    assert "write a month such as 2026-03" in answer.json()["errors"][0]["detail"]


@pytest.fixture
def two_expenses(pod: Pod) -> None:
    """10 USD over the last ten days, and 5 of play money."""
    for simulated, amount in ((False, "10.00"), (True, "5.00")):
        spec = ExpenseSpec(
            spent_on=TODAY,
            amount_usd=Decimal(amount),
            category="hosting",
            description="console",
            belongs=Belongs(Scope.ALL, simulated=simulated),
            first_day=TODAY - timedelta(days=9),
            last_day=TODAY,
        )
        now = timezone.now()
        book_expense(spec, key=f"{simulated}" * 8, acting_user="ada", now=now)


def test_an_expense_tells_what_of_it_counts_in_the_days(script: Client, two_expenses):
    whole = ok(script, "expenses?money=real")
    part = ok(script, f"expenses?money=real&from={TODAY - timedelta(days=1)}&to={TODAY}")

    (row,) = whole["expenses"]
    assert (row["amount_usd"], whole["counted_usd"]) == ("10.00", "10.00")
    assert (row["belongs_to"], row["fleet"], row["is_imported"]) == ("all", None, False)
    assert (part["counted_usd"], part["expense_count"]) == ("2.00", 1)
    assert part["expenses"][0]["counted_usd"] == "2.00"
    assert ok(script, "expenses?money=simulated")["counted_usd"] == "5.00"


def test_a_page_beyond_the_last_is_empty_with_the_same_sum(script: Client, two_expenses):
    told = ok(script, "expenses?page=2&money=real")

    assert (told["expenses"], told["counted_usd"]) == ([], "10.00")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("expenses?from=2026-03-05&to=2026-03-04", "after to (2026-03-04)"),
        ("expenses?from=2024-01-01&to=2026-03-04", "ask for at most 366"),
        ("expenses?money=gold", "write one of: real, simulated"),
        ("cash?page=0", "write a whole number from 1"),
        ("statements?form=1", "is no parameter of this address"),
    ],
)
def test_a_wrong_word_gets_a_sentence(script: Client, query: str, sentence: str):
    answer = script.get(f"/api/v1/{query}")

    assert answer.status_code == 400
    assert sentence in answer.json()["errors"][0]["detail"]
