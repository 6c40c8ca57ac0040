from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until

NAMES = "document.querySelector('[data-chart-plot]')._fullData.map((t) => t.name)"


def test_the_chart_has_revenue_cost_profit_and_break_even(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/")
    page.wait_for_selector("[data-chart][data-drawn]")

    names = page.evaluate(NAMES)

    assert {"revenue", "cost", "profit", "revenue needed to break even"} <= set(names)
    assert page.locator("[data-chart-state]").is_hidden()


def test_the_break_even_line_is_painted(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/")
    page.wait_for_selector("[data-chart][data-drawn]")

    assert page.evaluate(
        """[...document.querySelectorAll("[data-chart-plot] .scatterlayer .js-line")]
            .some((line) => line.style.strokeDasharray && line.getBBox().width > 50)"""
    )


def test_nothing_offers_to_send_the_numbers_away(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/")
    page.wait_for_selector("[data-chart][data-drawn]")

    titles = page.eval_on_selector_all(
        ".modebar-btn", "all => all.map((button) => button.dataset.title)"
    )
    assert titles
    assert not [title for title in titles if "hare" in title or "loud" in title]


def test_the_table_below_has_the_rows_of_the_chart(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/")
    # The drawn chart brings a longer title, which would move the line under the click.
    page.wait_for_selector("[data-chart][data-drawn]")
    page.locator("summary", has_text="The same rows as a table").click()

    rows = page.locator("details.rows tbody tr")
    rows.first.wait_for()
    assert rows.count() == 30


def test_a_new_theme_redraws_the_chart_and_keeps_the_zoom(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/")
    page.wait_for_selector("[data-chart][data-drawn]")
    plot = "document.querySelector('[data-chart-plot]')"
    page.evaluate(f"Plotly.relayout({plot}, {{'yaxis.range': [-9, 9]}})")
    ink = f"{plot}._fullLayout.font.color"
    before = page.evaluate(ink)

    page.click("#own summary")
    page.click("#theme")
    page.click("#theme")
    wait_until(page, f"{ink} !== {before!r}")

    assert page.evaluate(f"{plot}._fullLayout.yaxis.range") == [-9, 9]
