"""Whatever is shown as a bar is the sum of lines, to the last digit."""

from decimal import Decimal

import pytest

from economics.calc.hours import DAY
from economics.calc.profit_parts import BARS, Part
from economics.models import (
    CostLine,
    DailyProfit,
    DayClose,
    DayUse,
    RevenueLine,
    Scope,
    TakeRate,
    UsageHour,
)
from economics.selectors import profit_days
from economics.selectors.day_rows import day_rows
from economics.selectors.day_rows import total as total_row
from economics.selectors.profit.cells import (
    day_key,
    grouped,
    owner_key,
    profit_cells,
    total,
)
from economics.selectors.profit.lines import bar_lines
from fleet.models import Deployment
from tests.economics.profit.story import Story

FILTERS = [
    {},
    {"fleet": "tier-1"},
    {"deployment": "llama-a"},
    {"deployment": "qwen-b"},
    {"money": "simulated"},
]


def test_the_story_has_every_part(story: Story):
    shown = total(profit_cells(story.wanted(), now=story.now))

    missing = [part for part in Part if not shown.of(part)]
    assert missing == [Part.FEES, Part.DOWN, Part.UNSPLIT]  # no take rate by default


@pytest.mark.parametrize("take_rate", ["0", "0.055"])
def test_every_bar_is_the_sum_of_its_lines(story: Story, settings, take_rate: str):
    settings.TAKE_RATE = Decimal(take_rate)
    for asked in FILTERS:
        wanted = story.wanted(**asked)
        shown = total(profit_cells(wanted, now=story.now))
        for bar in BARS:
            told = bar_lines(wanted, bar, now=story.now, limit=10_000)

            assert (asked, bar, told.total_usd) == (asked, bar, shown.bar(bar))
            assert sum((line.usd for line in told.rows), Decimal(0)) == told.total_usd
            assert len(told.rows) == told.count


def test_each_day_is_the_sum_of_its_lines(story: Story):
    cells = profit_cells(story.wanted(), now=story.now)

    for day, figures in grouped(cells, day_key).items():
        one = story.wanted(first=day, last=day)
        for bar in ("revenue", "cost", "profit", "idle"):
            told = bar_lines(one, bar, now=story.now)
            assert (day, bar, told.total_usd) == (day, bar, figures.bar(bar))


def test_pages_of_lines_are_all_of_them_once(story: Story):
    whole = bar_lines(story.wanted(), "profit", now=story.now, limit=10_000)

    pages = [
        bar_lines(story.wanted(), "profit", now=story.now, offset=start, limit=7)
        for start in range(0, whole.count, 7)
    ]

    assert [line for page in pages for line in page.rows] == list(whole.rows)
    assert {page.total_usd for page in pages} == {whole.total_usd}


def test_closed_days_are_as_they_were_stored(story: Story):
    cells = profit_cells(story.wanted(), now=story.now)
    by_day = grouped(cells, day_key)

    for row in DailyProfit.objects.filter(scope=Scope.ALL, simulated=False):
        shown = by_day[row.day]
        assert (shown.revenue_usd, shown.cost_usd) == (row.revenue_usd, row.cost_usd)
        assert (shown.profit_usd, shown.is_open) == (row.profit_usd, False)
        assert shown.needed_usd == row.break_even_revenue_usd
    for use in DayUse.objects.filter(deployment=story.llama):
        shown = by_day[use.day]
        assert (shown.of(Part.IDLE), shown.of(Part.SERVING)) == (
            use.idle_usd,
            use.serving_usd,
        )


@pytest.mark.parametrize("simulated", [False, True])
def test_days_are_those_of_the_overview_and_of_the_books(story: Story, simulated: bool):
    money = "simulated" if simulated else "real"
    cells = profit_cells(story.wanted(money=money), now=story.now)
    by_day = grouped(cells, day_key)

    days, _, _ = profit_days(story.now, days=3, simulated=simulated)
    assert {day.day for day in days} >= set(by_day)
    for day in days:
        shown = by_day[day.day]
        assert (shown.revenue_usd, shown.cost_usd) == (day.revenue, day.cost)
        assert (shown.profit_usd, shown.needed_usd) == (day.profit, day.break_even_revenue)
        told = day_rows(
            *(day.day, day.day),
            now=story.now,
            deployments=Deployment.objects.filter(fleet__simulated=simulated),
            simulated=simulated,
        )
        row = total_row(told.rows)
        assert row is not None
        assert (shown.cost_usd, shown.profit_usd) == (row.cost_usd, row.profit_usd)
        assert (shown.counts, shown.is_open) == (row.counts, row.is_open)


def test_a_line_is_charged_at_the_take_rate_that_it_names(story: Story):
    early, _ = (
        TakeRate.objects.create(rate=rate, valid_from=day, set_by="ada", set_at=story.now)
        for rate, day in (("0.05", story.days[1]), ("0.20", story.days[2]))
    )
    line = RevenueLine.objects.filter(deployment=story.llama).latest("day")
    late = UsageHour.objects.create(pod=line.usage_hour.pod, hour_start=story.at(2, 3))
    line.pk, line.usage_hour, line.day, line.take_rate = None, late, story.days[2], early
    line._state.adding = True
    line.save()
    wanted = story.wanted(first=story.days[2], last=story.days[2], deployment="llama-a")

    shown = total(profit_cells(wanted, now=story.now))

    assert shown.of(Part.FEES) == line.amount_usd * Decimal("0.05")
    told = bar_lines(wanted, "fees", now=story.now)
    assert told.total_usd == shown.of(Part.FEES)
    days, _, _ = profit_days(story.now, days=3, deployment=story.llama)
    assert days[-1].profit == shown.profit_usd


def test_owners_add_up_to_the_whole(story: Story):
    wanted = story.wanted()
    cells = profit_cells(wanted, now=story.now)

    for by in ("fleets", "deployments", "models"):
        owners = grouped(cells, owner_key(wanted, by))

        assert ("", "shared") in owners
        for bar in BARS:
            parts = sum((figures.bar(bar) for figures in owners.values()), Decimal(0))
            assert parts == total(cells).bar(bar)


def test_what_nobody_has_alone_is_told_by_its_lines(story: Story):
    wanted = story.wanted()
    cells = profit_cells(wanted, now=story.now)
    for by in ("fleets", "deployments"):
        shown = grouped(cells, owner_key(wanted, by))["", "shared"]

        told = bar_lines(wanted, "cost", now=story.now, shared=by)

        assert told.total_usd == shown.cost_usd
    assert {line.deployment for line in told.rows} == {""}


def test_a_correction_counts_on_the_day_it_was_found(story: Story):
    on_day_3 = story.wanted(first=story.days[2], last=story.days[2], deployment="llama-a")

    told = bar_lines(on_day_3, "cost", now=story.now)

    corrections = [line for line in told.rows if line.corrects and line.usd]
    assert [line.usd for line in corrections] == [Decimal("0.031234")]
    assert corrections[0].start == story.at(1, 22)


def test_a_day_closed_before_uses_were_kept_is_one_bar_of_its_own(story: Story):
    day = story.days[0] - DAY
    stored = DailyProfit.objects.get(deployment=story.llama, day=story.days[0])
    line = CostLine.objects.filter(pod__deployment=story.llama, kind="gpu").earliest("pk")
    DayClose.objects.create(day=day, closed_at=story.now)
    for row, changes in (
        (stored, {"cost_usd": line.amount_usd, "revenue_usd": 0, "profit_usd": 0}),
        (line, {"hour_start": line.hour_start - DAY}),
    ):
        row.pk, row.day, row._state.adding = None, day, True
        for name, value in changes.items():
            setattr(row, name, value)
        row.save()

    wanted = story.wanted(first=day, last=day)
    shown = total(profit_cells(wanted, now=story.now))
    told = bar_lines(wanted, "unsplit", now=story.now)

    assert shown.of(Part.UNSPLIT) == told.total_usd == line.amount_usd
    assert shown.cost_usd == shown.of(Part.UNSPLIT)


def test_an_unknown_bar_is_an_error(story: Story):
    with pytest.raises(KeyError):
        bar_lines(story.wanted(), "luck", now=story.now)
