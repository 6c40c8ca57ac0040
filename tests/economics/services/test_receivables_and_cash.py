"""What is owed by month and how late, what moved, and what must last: apart from profit."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from economics.calc.receivables import Age
from economics.calc.unknown import Unknown
from economics.models import CashEntry, CashKind
from economics.selectors.cash import cash_position, seen_top_ups
from economics.selectors.history import profit_days
from economics.selectors.receivables import by_age, next_payment, receivables
from economics.services.book_imports import preview_file, take_in
from economics.services.cash import CashRefused, CashSpec, book_cash, reverse_cash
from economics.services.cash_file import CASH
from economics.services.statement_file import STATEMENT
from fleet.csv_files import FileRefused
from fleet.models import AuditEntry, Deployment
from tests import factories
from tests.economics.services.test_a_statement_is_matched_with_what_was_accrued import (
    LAST,
    NOW,
    accrued,
    imported,
    row,
    slug,
)

FEBRUARY = date(2026, 2, 1)
JANUARY = date(2026, 1, 1)


@pytest.fixture
def deployment(db: None) -> Deployment:
    """$8 accrued in January, $10 in February."""
    found = factories.make_deployment(created_at=NOW)
    accrued(found, "8.00", day=date(2026, 1, 31))
    accrued(found, "10.00", day=LAST)
    return found


def spec(**columns) -> CashSpec:
    defaults = {
        "kind": CashKind.PAYMENT.value,
        "party": "openrouter",
        "paid_on": date(2026, 3, 3),
        "amount_usd": Decimal("3.00"),
        "simulated": False,
        "month": JANUARY,
    }
    return CashSpec(**(defaults | columns))


def book(*, key: str = "", **columns) -> CashEntry:
    key = key or f"{CashEntry.objects.count()}"
    return book_cash(spec(**columns), key=key, acting_user="ada", now=NOW)


def owed(now: datetime = NOW) -> dict[date, tuple[Decimal, Age]]:
    rows = receivables(simulated=False, now=now)
    return {each.month: (each.outstanding_usd, each.age) for each in rows}


def test_a_month_is_owed_what_it_accrued_and_ages_by_the_terms(deployment: Deployment):
    assert owed() == {
        FEBRUARY: (Decimal(10), Age.NOT_DUE),  # due on 2026-03-30
        JANUARY: (Decimal(8), Age.LATE_30),  # due on 2026-03-02
    }
    later = owed(NOW + timedelta(days=60))
    assert (later[FEBRUARY][1], later[JANUARY][1]) == (Age.LATE_60, Age.LATER)


def test_a_statement_says_what_is_owed_and_a_payment_lowers_it(deployment: Deployment):
    imported(row(slug(deployment), "9.00"))
    book(month=FEBRUARY, amount_usd=Decimal("4.00"))

    assert owed()[FEBRUARY] == (Decimal("5.00"), Age.NOT_DUE)


def test_two_marketplaces_of_a_month_are_owed_apart(deployment: Deployment):
    imported(row(slug(deployment), "6.00"))
    content = (
        f"market,period,model,gross_usd,net_usd\nacme,2026-02,{slug(deployment)},4,4\n"
    )
    take_in(STATEMENT, content.encode(), name="a.csv", acting_user="ada", now=NOW)
    book(month=FEBRUARY, party="acme", amount_usd=Decimal("4.00"))

    rows = receivables(simulated=False, now=NOW)
    found = {each.market: each.outstanding_usd for each in rows if each.month == FEBRUARY}
    assert found == {"openrouter": Decimal(6), "acme": Decimal(0)}


def test_ages_add_up_and_late_money_is_not_counted_on(deployment: Deployment):
    rows = receivables(simulated=False, now=NOW)

    assert dict(by_age(rows)) == {
        Age.NOT_DUE: Decimal(10),
        Age.LATE_30: Decimal(8),
        Age.LATE_60: Decimal(0),
        Age.LATER: Decimal(0),
    }
    assert next_payment(rows) == (date(2026, 3, 30), Decimal(10))


def test_what_came_beyond_what_is_owed_is_no_age(deployment: Deployment):
    book(amount_usd=Decimal("9.50"))

    rows = receivables(simulated=False, now=NOW)
    assert dict(by_age(rows))[Age.LATE_30] == 0
    assert [row.beyond_usd for row in rows] == [Decimal(0), Decimal("1.50")]


def test_a_payment_changes_no_profit(deployment: Deployment):
    before, _, _ = profit_days(NOW)
    book(amount_usd=Decimal("8.00"))

    after, _, _ = profit_days(NOW)
    assert before == after and owed()[JANUARY][0] == 0


def test_a_reversed_payment_is_owed_again(deployment: Deployment):
    entry = book(amount_usd=Decimal("8.00"))

    reverse_cash(entry.pk, reason="wrong month", acting_user="ada", now=NOW)

    assert owed()[JANUARY][0] == Decimal(8)
    with pytest.raises(CashRefused, match="reversed already"):
        reverse_cash(entry.pk, reason="again", acting_user="ada", now=NOW)
    verbs = AuditEntry.objects.values_list("verb", flat=True)
    assert set(verbs) == {"cash.booked", "cash.reversed"}


def test_the_float_is_the_spend_until_the_next_payment(deployment: Deployment):
    factories.make_pod(
        deployment=deployment,
        provider="sandbox",
        billed_from=NOW,
        usd_per_pod_hour=Decimal("1.00"),
        container_disk_gb=0,
    )
    factories.make_balance(provider="sandbox", balance_usd=Decimal(500), read_at=NOW)

    position = cash_position(receivables(simulated=False, now=NOW), now=NOW)

    assert position.next_payment == (date(2026, 3, 30), Decimal(10))
    assert position.hours == 26 * 24 + 12
    assert not isinstance(position.need, Unknown)
    assert position.need.needed_usd == Decimal(636)
    assert position.need.gap_usd == Decimal(136)
    assert position.steady.most_usd == 24 * 60


def test_without_a_balance_the_float_is_unknown_and_not_enough(deployment: Deployment):
    position = cash_position(receivables(simulated=False, now=NOW), now=NOW)

    assert isinstance(position.need, Unknown) and isinstance(position.balance_usd, Unknown)


@pytest.mark.django_db
def test_without_anything_owed_there_is_no_day_to_reach():
    factories.make_balance(provider="sandbox", balance_usd=Decimal(50), read_at=NOW)

    position = cash_position([], now=NOW)

    assert position.need == Unknown(
        "no payment is due to come, so there is no day to reach"
    )


@pytest.mark.django_db
def test_a_balance_that_rose_shows_a_top_up_and_a_booked_one_explains_it():
    for hours, usd in ((5, "10.00"), (4, "9.50"), (3, "109.30"), (2, "109.80"), (1, "59")):
        factories.make_balance(
            provider="runpod",
            balance_usd=Decimal(usd),
            read_at=NOW - timedelta(hours=hours),
        )
    (seen,) = seen_top_ups(simulated=False, now=NOW)
    assert (seen.rise_usd, seen.entry) == (Decimal("99.80"), None)

    entry = book(
        kind="top_up",
        party="runpod",
        month=None,
        amount_usd=Decimal(100),
        paid_on=NOW.date(),
    )

    (seen,) = seen_top_ups(simulated=False, now=NOW)
    assert seen.entry == entry


@pytest.mark.parametrize(
    ("columns", "field", "words"),
    [
        ({"kind": "gift"}, "kind", "must be one of payment, top_up"),
        ({"party": "Open Router"}, "party", "small letters, digits and dashes"),
        ({"month": None}, "month", "needs the month that it pays"),
        ({"kind": "top_up"}, "month", "A top-up pays no month"),
        ({"month": date(2027, 1, 1)}, "month", "too far ahead"),
        ({"paid_on": date(2026, 3, 5)}, "paid_on", "too far ahead"),
        ({"amount_usd": Decimal("0.001")}, "amount", "at most 2 decimals"),
        ({"note": "x" * 121}, "note", "at most 120"),
        ({"currency": "EUR"}, "currency", "the books are in USD"),
    ],
)
def test_an_entry_that_can_not_be_meant_gets_a_sentence(db, columns, field, words):
    with pytest.raises(CashRefused) as refused:
        book(**columns)

    assert words in refused.value.errors[field]
    assert not CashEntry.objects.exists()


@pytest.mark.django_db
def test_the_same_wish_books_once():
    assert book(key="form-1") == book(key="form-1")


HEADER = "paid_on,kind,party,amount_usd,month,note\n"
PAYMENT = "2026-03-03,payment,openrouter,8.00,2026-01,wire\n"
TOP_UP = "2026-03-02,top_up,runpod,100.00,,\n"


@pytest.mark.django_db
def test_a_file_is_taken_in_whole_and_once():
    content = (HEADER + PAYMENT + TOP_UP).encode()
    shown = preview_file(CASH, content, name="bank.csv", now=NOW).shown
    assert shown.sentences == ["$8.00 received, $100.00 paid in. No profit changes."]

    assert (
        take_in(CASH, content, name="bank.csv", acting_user="ada", now=NOW) == "2 entries"
    )

    with pytest.raises(FileRefused, match="was imported on"):
        take_in(CASH, content, name="bank.csv", acting_user="ada", now=NOW)
    with pytest.raises(FileRefused, match="the same entry was booked on"):
        take_in(CASH, content + b"\n", name="b.csv", acting_user="ada", now=NOW)
    assert CashEntry.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("payment", "gift", "kind is 'gift'; write one of payment, top_up"),
        ("2026-01", "Jan 26", "write the month that is paid, such as 2026-10."),
        ("2026-01", "0000-01", "write the month that is paid"),
        (",2026-01,", ",,", "A payment needs the month that it pays"),
        ("openrouter", "@home", "begins with '@', which a spreadsheet may run"),
        ("8.00", "8,00,1", "it has 8 cells, the header has 6."),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(old, new, sentence):
    content = (HEADER + TOP_UP + PAYMENT.replace(old, new, 1)).encode()

    with pytest.raises(FileRefused) as refused:
        take_in(CASH, content, name="bank.csv", acting_user="ada", now=NOW)

    said = [str(fault) for fault in refused.value.faults]
    assert any(line.startswith("Line 3") and sentence in line for line in said), said
    assert not CashEntry.objects.exists()
