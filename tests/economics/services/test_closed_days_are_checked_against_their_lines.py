"""`manage.py verify_books`: a closed day is the sum of its lines, or is named."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from economics.models import CostLine, DailyProfit, RevenueLine, Scope
from tests.economics.services.rows import closed_day
from tests.tampering import triggers_off


@pytest.fixture
def _closed(db: None) -> None:
    """A day with revenue and cost of one pod."""
    closed_day()


def verify(capsys, *arguments: str) -> str:
    call_command("verify_books", *arguments)
    return capsys.readouterr().out.strip()


@pytest.mark.usefixtures("_closed")
def test_untouched_books_are_the_sums_of_their_lines(capsys):
    # The deployment, its fleet and all real money.
    assert verify(capsys) == "1 closed days with 3 figures are the sums of their lines."


@pytest.mark.usefixtures("_closed")
@pytest.mark.parametrize(("lines", "said"), [(RevenueLine, "revenue"), (CostLine, "cost")])
def test_a_line_that_is_gone_is_a_fault_of_its_day(lines, said):
    with triggers_off():
        lines.objects.order_by("pk").first().delete()

    with pytest.raises(CommandError, match=f"2026-03-04 deployment .*: {said} "):
        call_command("verify_books")


@pytest.mark.usefixtures("_closed")
def test_figures_that_were_changed_are_named():
    DailyProfit.objects.filter(scope=Scope.ALL).update(
        profit_usd=F("profit_usd") + Decimal("0.000001")
    )

    with pytest.raises(CommandError, match=r"2026-03-04 all real: profit 6.900001, its"):
        call_command("verify_books")


@pytest.mark.usefixtures("_closed")
def test_figures_that_are_missing_are_named():
    DailyProfit.objects.filter(scope=Scope.DEPLOYMENT).delete()

    with pytest.raises(CommandError, match=r"lines of 8\.4\d* revenue and 1\.5\d* cost"):
        call_command("verify_books")


@pytest.mark.usefixtures("_closed")
def test_other_days_are_left_alone(capsys):
    with triggers_off():
        CostLine.objects.all().delete()

    assert verify(capsys, "--first", "2026-03-05").startswith("0 closed days")


@pytest.mark.django_db
def test_a_day_that_is_none_is_refused():
    with pytest.raises(CommandError, match="--last is 'today'; write a day as 2026-03-01"):
        call_command("verify_books", "--last", "today")
