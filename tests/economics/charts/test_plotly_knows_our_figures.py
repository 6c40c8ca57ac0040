"""Pages draw figures that nothing checks on the way; here plotly checks each once."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import plotly.graph_objects as go
import pytest

from economics.calc.profit_parts import Figures, Part
from economics.charts import Chart, ProfitDay, profit_history
from economics.charts.billed_days import BilledDay, billed_days
from economics.charts.cost_speed import CostSpeed, cost_speed
from economics.charts.frontier_map import frontier_map
from economics.charts.price_dots import PriceDot, price_dots
from economics.charts.profit_owners import profit_owners_chart
from economics.charts.profit_waterfall import profit_waterfall
from economics.charts.receivable_months import MonthOwed, receivable_months
from economics.charts.schedule_steps import HourStep, demand_steps, replica_steps
from economics.charts.schedule_tornado import TornadoBar, schedule_tornado
from economics.charts.token_price_lines import PriceLine, Step, token_price_lines
from economics.charts.week_map import week_map
from economics.planner.frontier import Frontier
from tests.clock import NOON

DAY = timedelta(days=1)
TODAY = date(2026, 3, 2)
ONE, TWO = Decimal(1), Decimal(2)
FIGURES = Figures(parts={Part.REVENUE: TWO, Part.FEES: Decimal("0.1"), Part.IDLE: ONE})


def history() -> Chart:
    rows = [
        ProfitDay(
            TODAY - 3 * DAY, cost=TWO, revenue=TWO, profit=-ONE, break_even_revenue=TWO
        ),
        ProfitDay(
            *(TODAY, ONE, TWO, ONE, ONE),
            is_partial=True,
            is_simulated=True,
        ),
    ]
    return profit_history(rows, first_day=TODAY - 3 * DAY, last_day=TODAY)


def steps(draw: Callable[..., Chart], *names: tuple[str, ...]) -> Chart:
    hours = [HourStep(NOON + n * timedelta(hours=1), 9, 8, 7, (1,)) for n in range(3)]
    return draw(hours, *names, simulated=True)


FRONTIER = Frontier((ONE, TWO), (Decimal(0), ONE), ((-ONE, ONE), (-TWO, TWO)))
CHARTS: dict[str, Callable[[], Chart]] = {
    "profit of the last days": history,
    "waterfall": lambda: profit_waterfall(FIGURES, days=1, simulated=True, links=["a"] * 5),
    "owners": lambda: profit_owners_chart([("a", FIGURES)], simulated=True, links=["a"]),
    "billed": lambda: billed_days(
        [BilledDay(TODAY, ONE, None, TWO, ONE, "matched")], simulated=True, links=["a"]
    ),
    "hour of the week": lambda: week_map(
        [[None, *[ONE] * 23]] * 7, measure="utilization", simulated=True
    ),
    "receivables": lambda: receivable_months(
        [MonthOwed(TODAY.replace(day=1), TWO, ONE, ONE, Decimal(0))], simulated=True
    ),
    "options": lambda: cost_speed(
        [
            CostSpeed("a", "a", "a", ONE, TWO, ONE, TWO, is_chosen=True),
            CostSpeed("b", "b", "b", TWO, ONE, ONE, ONE),
        ]
    ),
    "frontier": lambda: frontier_map(
        FRONTIER, usd_per_million=ONE, here=(ONE, ONE), here_usd=ONE
    ),
    "price dots": lambda: price_dots(
        [PriceDot("a", ONE), PriceDot("b", TWO, apart=True)],
        ONE,
        of="prompt",
        simulated=True,
    ),
    "price lines": lambda: token_price_lines(
        [PriceLine("a", (Step(ONE, NOON - 9 * DAY, NOON),), ours=True)],
        of="prompt",
        since=NOON - 30 * DAY,
        now=NOON,
        gap_after=DAY,
        simulated=True,
    ),
    "demand": lambda: steps(demand_steps),
    "replicas": lambda: steps(replica_steps, ("a",)),
    "tornado": lambda: schedule_tornado(
        [TornadoBar("price", "a", "1", ONE, "2", TWO, "a test")],
        base_usd=ONE,
        simulated=True,
    ),
}


@pytest.mark.parametrize("name", CHARTS)
def test_plotly_knows_every_property_of_a_figure(name: str):
    figure = CHARTS[name]().figure

    assert figure["data"]
    go.Figure(figure)  # raises ValueError for a name or a value that it does not know
