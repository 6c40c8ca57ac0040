import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.hours import DAY, HOUR, day_bounds, day_of
from economics.models import DailyProfit, DayUse, Scope
from economics.services.accrual import accrue
from economics.services.close import close_day
from economics.services.expenses import Belongs, ExpenseSpec, book_expense
from fleet.models import Deployment, Pod, SpeedEstimate
from tests.factories import make_deployment, make_fleet, make_pod, make_price, make_sample

PAGE, FILE = "/books/", "/books/days.csv"
YESTERDAY = day_of(timezone.now()) - DAY
NOON = day_bounds(YESTERDAY).start + 12 * HOUR


@pytest.fixture
def sold(deployment: Deployment) -> Pod:
    """A pod that yesterday started for a quarter of an hour, served for a quarter and
    idled for half of one; the day is closed."""
    rented = make_pod(
        deployment=deployment,
        billed_from=NOON,
        ready_at=NOON + timedelta(minutes=15),
        billed_until=NOON + HOUR,
        container_disk_gb=0,
    )
    make_price(served_model=deployment.variant.served_model)
    for minute in range(15, 61):
        make_sample(
            rented,
            at=NOON + timedelta(minutes=minute),
            process_started_at=NOON,
            completion_tokens=1_000_000 * min(minute - 15, 15),
        )
    accrue(NOON + 2 * HOUR)
    close_day(YESTERDAY, day_bounds(YESTERDAY).end + timedelta(minutes=20))
    return rented


def text(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def rows(client: Client, **asked: str) -> list[dict[str, str]]:
    return list(csv.DictReader(client.get(FILE, asked).content.decode().splitlines()))


def test_a_closed_day_is_split_by_use_with_its_margin(operator: Client, sold: Pod):
    (row,) = rows(operator, day=f"{YESTERDAY}")

    assert [row[f"{use}_usd"] for use in ("start_up", "serving", "idle")] == [
        "0.185000",
        "0.185000",
        "0.370000",
    ]
    assert Decimal(row["cost_usd"]) == Decimal("0.74")
    assert Decimal(row["net_revenue_usd"]) == 3  # 15 M completion tokens at $0.20/1M
    assert Decimal(row["contribution_margin_usd"]) == Decimal("2.26")
    assert Decimal(row["usd_per_million_tokens"]) == Decimal("0.74") / 15


def test_the_page_has_the_figures_of_the_file(operator: Client, sold: Pod):
    page = text(operator)

    for words in ("$0.37", "+\u2060$2.26", "profit = $3.00 − $0.74 = $2.26", "not closed"):
        assert words in page or words == "not closed"
    assert f"day={YESTERDAY}" in page


def test_stored_uses_add_up_to_the_stored_cost(operator: Client, sold: Pod):
    use = DayUse.objects.get()
    cost = DailyProfit.objects.get(scope=Scope.DEPLOYMENT).cost_usd

    columns = ("start_up", "serving", "idle", "down", "unknown", "serverless", "shared")
    assert sum(getattr(use, f"{name}_usd") for name in columns) == cost


def test_classes_cost_by_the_time_that_they_take(operator: Client, sold: Pod):
    variant = sold.deployment.variant
    assert "plan it" in text(operator, day=f"{YESTERDAY}")
    SpeedEstimate.objects.create(
        key="k",
        question={
            "model": variant.repository,
            "gpu": sold.deployment.gpu_type_id,
            "gpu_count": 1,
        },
        answer={
            "uncached_prompt_seconds": 0.0001,
            "cached_prompt_seconds": 0,
            "completion_seconds": 0.0005,
        },
        wanted_at=NOON,
        used_at=NOON,
        computed_at=NOON,
    )

    (row,) = rows(operator, day=f"{YESTERDAY}")

    assert Decimal(row["usd_per_million_completion"]) == pytest.approx(Decimal("0.74") / 15)
    assert "uncached $0.0099" in text(operator, day=f"{YESTERDAY}")


def test_the_deployments_page_says_what_its_week_cost_and_for_what(
    operator: Client, sold: Pod
):
    page = operator.get(f"/fleet/deployments/{sold.deployment_id}/").content.decode()

    assert "Cost by use, last 7 closed days" in page
    assert "of it idle" in page and "$0.37" in page


def test_a_day_closed_before_uses_were_kept_shows_a_dash(operator: Client, sold: Pod):
    other = make_deployment(fleet=sold.deployment.fleet)
    DailyProfit.objects.create(
        **{
            field.name: getattr(DailyProfit.objects.get(scope=Scope.DEPLOYMENT), field.name)
            for field in DailyProfit._meta.fields
            if field.name not in ("id", "day", "deployment")
        },
        day=YESTERDAY - DAY,
        deployment=other,
    )

    page = text(operator, day=f"{YESTERDAY - DAY}")

    assert "closed before the uses of its seconds were kept" in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": "now"}, "Day is &#x27;now&#x27;; write it as 2026-03-04."),
        ({"first": "2026-03-04", "last": "2026-03-03"}, "swap them"),
        ({"first": "2020-01-01", "last": "2026-03-03"}, "ask for at most 92"),
        ({"deployment": "nobody\x00"}, "there is none of that name"),
    ],
)
def test_nonsense_gets_a_sentence(operator: Client, sold: Pod, asked, words):
    assert words in text(operator, **asked)
    assert operator.get(FILE, asked).status_code == 422


def test_an_empty_page_says_what_would_be_here(operator: Client):
    assert "No figures in these days" in text(operator)


def test_kinds_of_money_do_not_mix(operator: Client, sold: Pod):
    make_fleet(simulated=True)

    assert rows(operator, money="simulated") == []


def test_more_deployments_need_no_more_queries(operator: Client, sold: Pod):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(operator)
        return len(seen)

    queries()
    before = queries()
    for _ in range(3):
        make_pod(deployment=make_deployment(fleet=sold.deployment.fleet))
    assert queries() == before <= 33


def test_what_all_share_is_a_row_of_its_own(operator: Client, deployment: Deployment):
    today = day_of(timezone.now())
    spec = ExpenseSpec(
        spent_on=today,
        amount_usd=Decimal("12.50"),
        category="hosting",
        description="console",
        belongs=Belongs(Scope.ALL, simulated=False),
    )
    book_expense(spec, key="k" * 20, acting_user="ada", now=timezone.now())

    (row,) = [each for each in rows(operator, day=f"{today}") if not each["deployment"]]

    assert Decimal(row["shared_usd"]) == Decimal(row["cost_usd"]) == Decimal("12.5")
    assert "shared by all" in text(operator, day=f"{today}")


def test_a_use_that_is_zero_everywhere_is_named_instead_of_shown(
    operator: Client, sold: Pod
):
    page = text(operator, day=f"{YESTERDAY}")

    assert ">Idle</th>" in page and ">Down</th>" not in page
    assert "$0.00 in every row, so without a column" in page
