"""A discount that we fund stands between the revenue at list prices and what we are paid.

Two hours of 6,000 uncached, 4,000 cached and 500 completion tokens at $1.00, $0.20 and
$4.00 per million are $0.0088 each at list prices; 25 % are taken off the second one.
"""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from economics.calc.hours import HOUR, day_bounds
from economics.calc.profit_parts import Figures, Part
from economics.charts.profit_waterfall import waterfall_steps
from economics.models import Funding, UsageHour
from economics.selectors.profit.cells import profit_cells, total
from economics.selectors.profit.lines import bar_lines
from economics.selectors.profit.scope import Wanted
from economics.services.close import close_day
from tests.factories import make_deployment, make_pod, make_price, make_user

DAY = date(2026, 3, 4)
NOON = day_bounds(DAY).start + 12 * HOUR
CLOSED_AT = day_bounds(DAY).end + HOUR


@pytest.fixture
def wanted(db: None, request: pytest.FixtureRequest) -> Wanted:
    """The day, with a discount from its noon on that is funded as the test says."""
    deployment = make_deployment(created_at=NOON - 3 * HOUR)
    pod = make_pod(
        deployment=deployment,
        requested_at=NOON - HOUR,
        billed_from=NOON - HOUR,
        billed_until=NOON + HOUR,
    )
    make_price(
        served_model=deployment.variant.served_model,
        uncached_prompt_usd_per_token=Decimal("0.000001"),
        cached_prompt_usd_per_token=Decimal("0.0000002"),
        completion_usd_per_token=Decimal("0.000004"),
        valid_from=NOON - 3 * HOUR,
        discount_fraction=Decimal("0.25"),
        discount_from=NOON,
        discount_funding=getattr(request, "param", Funding.OURS),
    )
    for start in (NOON - HOUR, NOON):
        UsageHour.objects.create(
            pod=pod,
            hour_start=start,
            uncached_prompt_tokens=6_000,
            cached_prompt_tokens=4_000,
            completion_tokens=500,
        )
    return asked()


def asked() -> Wanted:
    return Wanted.of({"day": f"{DAY}"}, today=DAY)


def bars_of(wanted: Wanted, now: datetime) -> tuple[Figures, dict[str, Decimal]]:
    figures = total(profit_cells(wanted, now=now))
    return figures, {step.bar: step.usd for step in waterfall_steps(figures)}


@pytest.mark.parametrize("is_closed", [False, True])
def test_list_prices_less_the_discount_are_the_revenue(wanted: Wanted, is_closed: bool):
    if is_closed:
        close_day(DAY, CLOSED_AT)
    figures, bars = bars_of(asked(), CLOSED_AT)

    assert figures.is_open is not is_closed
    assert list(bars)[:3] == ["list", "discount", "revenue"]
    assert (bars["list"], bars["discount"]) == (Decimal("0.0176"), Decimal("-0.0022"))
    assert bars["revenue"] == Decimal("0.0154")
    assert figures.profit_usd == Decimal("0.0154") - figures.cost_usd


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_bar_is_the_sum_of_its_rows(wanted: Wanted, is_closed: bool):
    if is_closed:
        close_day(DAY, CLOSED_AT)

    told = bar_lines(asked(), "discount", now=CLOSED_AT)

    by_class = [Decimal("0.0015"), Decimal("0.0002"), Decimal("0.0005")]
    assert sorted(line.usd for line in told.rows) == (
        sorted(by_class) if is_closed else [sum(by_class)]
    )
    assert {line.start for line in told.rows} == {NOON}
    assert told.total_usd == Decimal("0.0022")
    assert bar_lines(asked(), "list", now=CLOSED_AT).total_usd == Decimal("0.0176")


@pytest.mark.parametrize("wanted", [Funding.MARKET], indirect=True)
def test_a_discount_that_the_marketplace_funds_costs_us_nothing(wanted: Wanted):
    figures, bars = bars_of(wanted, CLOSED_AT)

    assert Part.DISCOUNT not in figures.parts
    assert list(bars)[0] == "revenue"
    assert bars["revenue"] == Decimal("0.0176")


def test_the_file_and_the_interface_have_the_bar(wanted: Wanted, client: Client):
    close_day(DAY, CLOSED_AT)
    client.force_login(make_user("ada"))

    file = client.get(f"/profit/waterfall.csv?day={DAY}").content.decode()
    bars = client.get(f"/api/v1/profit/bars?from={DAY}&to={DAY}").json()

    assert "list,Revenue at list prices,0.017600,yes,accrued" in file
    assert "discount,Discount we fund,-0.002200,no,accrued" in file
    assert [step["bar"] for step in bars["waterfall"]][:2] == ["list", "discount"]
    assert Decimal(bars["whole"]["discount_usd"]) == Decimal("0.0022")
