"""A statement's difference to the accrual is booked once, on the day it was found."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from economics.models import (
    DailyProfit,
    DayClose,
    Provenance,
    Scope,
    Statement,
    VarianceLine,
)
from economics.selectors.history import profit_days
from economics.selectors.model_names import ModelNames, plain
from economics.selectors.statements import month_models, statement_months
from economics.services.book_imports import preview_file, take_in
from economics.services.close import close_day
from economics.services.statement_file import STATEMENT
from fleet.csv_files import FileRefused
from fleet.models import Deployment
from tests import factories
from tests.economics.services.rows import pod

MONTH = date(2026, 2, 1)
LAST = date(2026, 2, 28)
TODAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEADER = "period,model,prompt_tokens,completion_tokens,gross_usd,fee_usd,net_usd\n"


def accrued(deployment: Deployment, net: str, *, day: date = LAST, tokens: int = 1000):
    """A closed day of a deployment and of all that earned `net` USD, at no fee."""
    figures = {
        "uncached_prompt_tokens": tokens,
        "cached_prompt_tokens": 0,
        "completion_tokens": 0,
        "revenue_usd": Decimal(net),
        "cost_usd": Decimal(1),
        "profit_usd": Decimal(net) - 1,
        "take_rate": Decimal(0),
        "break_even_revenue_usd": Decimal(1),
        "provenance": Provenance.MEASURED,
        "closed_at": NOW,
        "simulated": False,
        "day": day,
    }
    own = {"fleet": deployment.fleet, "deployment": deployment}
    DailyProfit.objects.create(scope=Scope.DEPLOYMENT, **own, **figures)
    whole, _ = DailyProfit.objects.get_or_create(
        day=day,
        scope=Scope.ALL,
        simulated=False,
        defaults=figures | {"revenue_usd": 0, "cost_usd": 0, "profit_usd": 0},
    )
    whole.revenue_usd += Decimal(net)
    whole.cost_usd += 1
    whole.profit_usd += Decimal(net) - 1
    whole.save()
    DayClose.objects.get_or_create(day=day, defaults={"closed_at": NOW})


@pytest.fixture
def deployment(db: None) -> Deployment:
    found = factories.make_deployment(created_at=NOW)
    accrued(found, "10.00")
    return found


def row(model: str, net: str, *, gross: str = "", fee: str = "0", tokens: int = 1000):
    return f"2026-02,{model},{tokens},0,{gross or net},{fee},{net}\n"


def imported(*rows: str, now: datetime = NOW) -> str:
    content = (HEADER + "".join(rows)).encode()
    return take_in(STATEMENT, content, name="feb.csv", acting_user="ada", now=now)


def booked() -> list[tuple[str, Decimal]]:
    lines = VarianceLine.objects.order_by("pk").select_related("deployment")
    return [
        (line.deployment.slug if line.deployment else "", line.amount_usd) for line in lines
    ]


def slug(of: Deployment) -> str:
    return of.variant.served_model.slug


def test_a_shortfall_is_a_cost_of_the_day_it_was_found(deployment: Deployment):
    pod(deployment=deployment, billed_until=NOW, billed_from=NOW)
    said = imported(row(slug(deployment), "9.25"))

    assert "a variance of −$0.75 is booked today" in said
    assert booked() == [(deployment.slug, Decimal("-0.75"))]
    rows, _, _ = profit_days(NOW)
    assert (rows[-1].day, rows[-1].cost, rows[-1].profit) == (
        *(TODAY, Decimal("0.75"), Decimal("-0.75")),
    )
    own, _, _ = profit_days(NOW, deployment=deployment)
    assert own[-1].profit == Decimal("-0.75")


def test_closed_days_stay_and_the_day_of_the_variance_closes_with_it(
    deployment: Deployment,
):
    for n in range(3):
        DayClose.objects.create(day=LAST + timedelta(days=1 + n), closed_at=NOW)
    before = DailyProfit.objects.filter(day__lte=LAST).values_list("profit_usd")
    kept = list(before)
    imported(row(slug(deployment), "11.00"))

    close_day(TODAY, NOW + timedelta(days=1))

    assert list(before.all()) == kept
    closed = DailyProfit.objects.get(day=TODAY, scope=Scope.ALL)
    assert (closed.cost_usd, closed.profit_usd) == (Decimal(-1), Decimal(1))


def test_a_statement_as_accrued_corrects_nothing(deployment: Deployment):
    assert "nothing to correct" in imported(row(slug(deployment), "10.00"))
    assert booked() == []


def test_a_corrected_statement_is_a_new_version_that_books_what_changed(
    deployment: Deployment,
):
    imported(row(slug(deployment), "9.00"))
    imported(row(slug(deployment), "9.60"), now=NOW + timedelta(days=1))

    assert booked() == [
        (deployment.slug, Decimal("-1.00")),
        (deployment.slug, Decimal("0.60")),
    ]
    assert list(Statement.objects.values_list("version", flat=True)) == [2, 1]
    (month,) = statement_months(simulated=False, today=TODAY)
    assert month.stated_usd == Decimal("9.60")
    assert month.net_usd + month.booked_usd == month.stated_usd


def test_the_difference_is_shared_after_what_each_deployment_accrued(
    deployment: Deployment,
):
    other = factories.make_deployment(variant=deployment.variant, created_at=NOW)
    accrued(other, "20.00")

    imported(row(slug(deployment), "29.00"))

    assert booked() == [
        (deployment.slug, Decimal("-0.333333")),
        (other.slug, Decimal("-0.666667")),
    ]


def test_a_model_without_a_row_was_not_paid(deployment: Deployment):
    other = factories.make_deployment(created_at=NOW)
    accrued(other, "3.00")

    imported(row(slug(deployment), "10.00"))

    assert booked() == [(other.slug, Decimal("-3.00"))]
    said = {
        each.served_model.slug: each.said for each in month_models(MONTH, simulated=False)
    }
    assert said[slug(other)] == ["The statement has no row for this model."]


def test_a_name_that_no_model_has_is_named_and_its_money_belongs_to_all(
    deployment: Deployment,
):
    content = (HEADER + row(slug(deployment), "10.00") + row("acme/other", "2.00")).encode()
    preview = preview_file(STATEMENT, content, name="feb.csv", now=NOW)
    said = preview.shown.sentences
    assert any("these names: acme/other. If one is ours" in each for each in said)

    take_in(STATEMENT, content, name="feb.csv", acting_user="ada", now=NOW)

    assert booked() == [("", Decimal("2.00"))]
    last = month_models(MONTH, simulated=False)[-1]
    assert (last.served_model, last.names) == (None, ["acme/other"])


def test_two_marketplaces_share_a_month(deployment: Deployment):
    def of(market: str, net: str) -> str:
        content = (
            f"market,period,model,gross_usd,net_usd\n{market},2026-02,{slug(deployment)},"
        )
        content += f"{net},{net}\n"
        return take_in(
            STATEMENT, content.encode(), name="f.csv", acting_user="ada", now=NOW
        )

    of("openrouter", "6.00")
    of("direct", "4.00")

    assert sum(usd for _, usd in booked()) == 0
    (month,) = statement_months(simulated=False, today=TODAY)
    assert month.variance_usd == 0 and len(month.statements) == 2


def test_the_days_of_a_month_are_added_up(deployment: Deployment):
    imported(
        row(slug(deployment), "4.00"),
        row(slug(deployment), "6.00").replace("2026-02", "2026-02-28"),
    )

    assert booked() == []


def test_a_month_that_is_not_closed_waits(deployment: Deployment):
    with pytest.raises(
        FileRefused, match="about 2026-03; it can be matched when 2026-03-31"
    ):
        imported(row(slug(deployment), "1.00").replace("2026-02", "2026-03"))
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2026-02,", "Feb 26,", "write a month such as 2026-10"),
        ("2026-02,", "2026-01,", "line 2 is about 2026-02; import each alone."),
        (",9.00\n", ",8.00\n", "gross minus fee is 9.000000; put the row right"),
        (",9.00,0,", ",free,0,", "gross_usd is 'free'; write USD"),
        (",1000,", ",1.5,", "write at most 0 decimals."),
        (",1000,", ",-5,", "write a whole number of tokens."),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(
    deployment: Deployment, old: str, new: str, sentence: str
):
    with pytest.raises(FileRefused) as refused:
        imported(row(slug(deployment), "10.00"), row("b", "9.00").replace(old, new, 1))

    said = [str(fault) for fault in refused.value.faults]
    assert any(line.startswith("Line 3") and sentence in line for line in said), said
    assert not Statement.objects.exists() and not VarianceLine.objects.exists()


def test_other_columns_are_left_unread_and_named(deployment: Deployment):
    content = (
        f"Month;Model Slug;Gross;Payout;Requests\n2026-02;{slug(deployment)};10,5;10,5;7\n"
    )

    preview = preview_file(STATEMENT, content.encode(), name="f.csv", now=NOW)

    assert preview.row_count == 1
    assert "Columns that are not read: Requests." in preview.shown.sentences
    assert any("that is more than 1 %" in each.lower() for each in preview.shown.sentences)


def test_a_foreign_currency_is_refused(deployment: Deployment):
    content = (
        f"period,model,gross_usd,net_usd,currency\n2026-02,{slug(deployment)},1,1,EUR\n"
    )

    with pytest.raises(FileRefused, match="1 fault"):
        preview_file(STATEMENT, content.encode(), name="f.csv", now=NOW)


@pytest.mark.django_db
def test_a_name_means_a_model_only_where_it_means_one():
    one = factories.make_variant(repository="Acme/Model-7B-Instruct")
    factories.make_variant(repository="other/twin")
    factories.make_variant(repository="third/twin")
    names = ModelNames()

    for name in ("acme/model-7b-instruct", "MODEL-7B-INSTRUCT:free", one.served_model.slug):
        assert names.of(name) == one.served_model_id
    assert names.of("twin") is None and names.of("nobody") is None
    assert plain("z-ai/glm-5-20260212:nitro") == "glm-5"
