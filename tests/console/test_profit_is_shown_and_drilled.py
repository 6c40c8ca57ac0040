"""The profit page: its bars, their tables, files and rows are the same figures."""

import csv
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.hours import HOUR, day_of, hour_start
from economics.calc.profit_parts import BARS
from economics.models import RevenueLine, UsageHour
from fleet.models import Deployment
from tests.economics.profit.story import Story, tell
from tests.factories import make_pod, make_price

CHARTS = ("days", "waterfall", "owners", "billed", "week")
MOST_QUERIES = 12


@pytest.fixture
def story(db: None) -> Story:
    """Its fourth day is today. Every pod of it has ended, so that nothing runs on."""
    return tell(day_of(timezone.now()))


def asked(story: Story, **more: object) -> dict[str, object]:
    return {"first": story.days[0], "last": story.days[3], "money": "real"} | more


def page(client: Client, address: str, **query: object) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u2060", "")  # joins a sign to its amount


def file_of(client: Client, name: str, **query: object) -> list[dict[str, str]]:
    return list(csv.DictReader(page(client, f"/profit/{name}.csv", **query).splitlines()))


def cells(html: str) -> list[list[str]]:
    """The rows of a table, as text."""
    rows = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    return [
        [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.DOTALL)
        ]
        for row in rows
    ]


def shown(usd: str) -> str:
    value = Decimal(usd).quantize(Decimal("0.01"))
    return f"{'−' if value < 0 else ''}${abs(value):,.2f}"


def test_bars_table_and_file_of_the_waterfall_are_the_same(operator: Client, story: Story):
    query = asked(story)
    rows = file_of(operator, "waterfall", **query)
    figure = operator.get("/profit/waterfall.json", query).json()["figure"]
    table = cells(page(operator, "/profit/waterfall/table/", **query))[1:]

    lengths = figure["data"][0]["x"]
    assert lengths == pytest.approx([float(row["usd"]) for row in rows])
    assert [row[:2] for row in table] == [[r["label"], shown(r["usd"])] for r in rows]
    steps = sum(Decimal(r["usd"]) for r in rows if r["is_sum"] == "no")
    revenue, profit = Decimal(rows[0]["usd"]), Decimal(rows[-1]["usd"])
    assert revenue + steps == profit


def test_each_bar_opens_the_rows_whose_sum_it_is(operator: Client, story: Story):
    query = asked(story)
    figure = operator.get("/profit/waterfall.json", query).json()["figure"]
    bars = file_of(operator, "waterfall", **query)

    for bar, link in zip(bars, figure["data"][0]["customdata"], strict=True):
        assert operator.get(link).status_code == 200
        lines = operator.get(link.replace("/lines/", "/lines.csv")).content.decode()
        told = [Decimal(row["amount_usd"]) for row in csv.DictReader(lines.splitlines())]
        assert sum(told, Decimal(0)) == abs(Decimal(bar["usd"])) or bar["is_sum"] == "yes"
        rows = page(operator, link.replace("/lines/", "/lines/rows/"))
        assert shown(str(sum(told, Decimal(0))))[:-1] in rows or not told


def test_days_are_those_of_the_waterfall(operator: Client, story: Story):
    days = file_of(operator, "days", **asked(story))
    bars = {
        row["bar"]: row["usd"] for row in file_of(operator, "waterfall", **asked(story))
    }

    for bar in ("revenue", "profit"):
        assert sum(Decimal(row[f"{bar}_usd"]) for row in days) == Decimal(bars[bar])
    assert [row["is_open"] for row in days] == ["no", "no", "yes"]
    assert sum(Decimal(row["idle_usd"]) for row in days) == -Decimal(bars["idle"])


@pytest.mark.parametrize("by", ["deployments", "models", "fleets"])
def test_owners_add_up_and_open_their_rows(operator: Client, story: Story, by: str):
    query = asked(story, by=by)
    owners = file_of(operator, "owners", **query)
    figure = operator.get("/profit/owners.json", query).json()["figure"]

    for row, link in zip(owners, figure["data"][0]["customdata"], strict=True):
        lines = operator.get(link.replace("/lines/", "/lines.csv")).content.decode()
        told = [Decimal(each["amount_usd"]) for each in csv.DictReader(lines.splitlines())]
        assert sum(told, Decimal(0)) == Decimal(row["profit_usd"])
    assert "Break-even tokens" in page(operator, "/profit/targets/", **query)


def test_a_cell_that_a_spreadsheet_would_run_is_made_safe(operator: Client, story: Story):
    rows = file_of(operator, "lines", **asked(story, bar="expenses"))

    assert {row["name"][:2] for row in rows} == {"'="}


def test_real_and_simulated_money_do_not_mix(operator: Client, story: Story):
    in_play = asked(story, money="simulated")
    real = file_of(operator, "owners", **asked(story))
    play = file_of(operator, "owners", **in_play)

    assert {row["deployment"] for row in real} == {"", "llama-a", "qwen-b"}
    assert {row["deployment"] for row in play} == {"", "play-c"}
    assert "simulated money" in page(
        operator, "/profit/", **asked(story, money="simulated")
    )


def test_the_title_is_computed(operator: Client, story: Story):
    caption = operator.get("/profit/waterfall.json", asked(story)).json()["caption"]
    profit = file_of(operator, "waterfall", **asked(story))[-1]["usd"]

    verb = "Lost" if Decimal(profit) < 0 else "Earned"
    assert caption.startswith(f"{verb} {shown(profit).removeprefix('−')} in 4 days")
    assert "not closed yet" in caption


def test_hours_without_data_are_gaps_and_not_0(operator: Client, story: Story):
    figure = operator.get("/profit/week.json", asked(story)).json()["figure"]
    values = [share for row in figure["data"][0]["z"] for share in row]

    assert len(values) == 168
    assert 0 < sum(share is not None for share in values) < 30
    assert any(share and share > 0 for share in values)


def test_the_bill_stands_beside_our_seconds(operator: Client, story: Story):
    first = file_of(operator, "billed", **asked(story))[0]

    assert first["day_utc"] == f"{story.days[0]}"
    # Two hours at $0.75; the bill says $0.741234 of the first, and leaves the other out.
    assert Decimal(first["ours_usd"]) == Decimal("1.50")
    assert Decimal(first["difference_usd"]) == Decimal("0.741234") - Decimal("1.50")


def test_figures_show_their_formulas_with_numbers(operator: Client, story: Story):
    figures = page(operator, "/profit/figures/", **asked(story))
    cost = file_of(operator, "days", **asked(story))

    assert "Profit = revenue" in figures and "beside the" in figures
    assert shown(f"{sum(Decimal(row['cost_usd']) for row in cost)}") in figures


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"first": "now"}, "Day is &#x27;now&#x27;; write it as 2026-03-04."),
        ({"first": "2026-03-04", "last": "2026-03-03"}, "swap them"),
        ({"first": "2020-01-01", "last": "2026-03-03"}, "ask for at most 92"),
        ({"deployment": "nobody\x00"}, "There is no deployment of deployment"),
        ({"fleet": "tier-1", "deployment": "qwen-b"}, "There is no deployment of"),
    ],
)
def test_nonsense_gets_a_sentence(operator: Client, story: Story, query, words):
    assert words in page(operator, "/profit/", **query)
    assert words in page(operator, "/profit/lines/", **query)
    for fragment in ("figures/", "targets/", "lines/rows/", "days/table/", "days.json"):
        assert operator.get(f"/profit/{fragment}", query).status_code == 200
    for name in (*CHARTS, "lines"):
        assert operator.get(f"/profit/{name}.csv", query).status_code == 422


def test_strange_words_show_something_true(operator: Client, story: Story):
    strange = {"bar": "\x00luck", "page": "²", "shared": "moon", "by": "star", "money": "?"}

    assert "Profit, row by row" in page(operator, "/profit/lines/", **strange)
    assert "row" in page(operator, "/profit/lines/rows/", **(strange | {"page": "99999"}))
    assert operator.get("/profit/luck.json").status_code == 404


def test_nothing_is_empty_and_says_so(operator: Client):
    assert "No figures in these days" in page(operator, "/profit/targets/")
    assert operator.get("/profit/waterfall.json").json()["empty"]
    assert page(operator, "/profit/") and page(operator, "/profit/figures/")
    assert "No row" in page(operator, "/profit/lines/rows/")


def test_every_page_and_chart_asks_at_most_12_times(operator: Client, story: Story):
    addresses = ["", "figures/", "targets/", "lines/"]
    addresses += [f"{chart}.json" for chart in CHARTS]
    addresses += [f"{chart}/table/" for chart in CHARTS]
    addresses += [f"lines/rows/?bar={bar}" for bar in BARS]
    often = {}
    for address in addresses:
        path, _, bar = address.partition("?bar=")
        fragment = path.endswith("/")  # htmx asks for it: without the frame
        headers = {"HX-Request": "true"} if fragment else {}
        with CaptureQueriesContext(connection) as seen:
            query = asked(story) | ({"bar": bar} if bar else {})
            answer = operator.get(f"/profit/{path}", query, headers=headers)
        assert answer.status_code == 200
        often[address] = len(seen)

    assert {address: n for address, n in often.items() if n > MOST_QUERIES} == {}
    with CaptureQueriesContext(connection) as seen:
        operator.get("/profit/lines/", asked(story))
    assert len(seen) <= MOST_QUERIES


def test_the_api_gives_the_figures_and_rows_of_the_files(operator: Client, story: Story):
    days = {"from": f"{story.days[0]}", "to": f"{story.days[3]}", "money": "real"}
    told = operator.get("/api/v1/profit/bars", days).json()

    bars = file_of(operator, "waterfall", **asked(story))
    assert [each["usd"] for each in told["waterfall"]] == [row["usd"] for row in bars]
    for kind, by in (("days", ""), ("deployments", "deployments"), ("fleets", "fleets")):
        chart = "owners" if by else "days"
        rows = file_of(operator, chart, **asked(story, by=by))
        profits = sorted(row["profit_usd"] for row in rows)
        assert sorted(each["profit_usd"] for each in told[kind]) == profits
    for bar in ("profit", "idle", "expenses"):
        rows = file_of(operator, "lines", **asked(story, bar=bar))
        lines = operator.get("/api/v1/profit/lines", days | {"bar": bar}).json()
        assert [line["amount_usd"] for line in lines["rows"]] == [
            row["amount_usd"] for row in rows
        ]
        assert lines["row_count"] == len(rows)


def test_the_api_refuses_what_is_wrong(operator: Client, story: Story):
    for query in ({"bar": "luck"}, {"deployment": "nobody"}, {"from": "2020-01-01"}):
        answer = operator.get("/api/v1/profit/lines", query)
        assert answer.status_code == 400 and answer.json()["errors"]


def test_a_revenue_row_tells_the_most_that_it_may_have_earned(
    operator: Client, deployment: Deployment
):
    now = timezone.now()
    pod = make_pod(deployment=deployment, billed_from=now - HOUR, billed_until=now)
    hour = UsageHour.objects.create(
        pod=pod, hour_start=hour_start(now), completion_tokens=9, booked_at=now
    )
    price = make_price(served_model=deployment.variant.served_model)
    RevenueLine.objects.create(
        deployment=deployment,
        usage_hour=hour,
        token_class="completion",
        tokens=9,
        price=price,
        usd_per_token=price.completion_usd_per_token,
        amount_usd=Decimal("2.000000"),
        at_most_usd=Decimal("4.500000"),
        provenance="estimated",
        day=day_of(now),
        booked_at=now,
    )

    (row,) = file_of(operator, "lines", bar="revenue")

    assert (row["amount_usd"], row["at_most_usd"]) == ("2.000000", "4.500000")
    assert "at most $4.50" in page(operator, "/profit/lines/rows/", bar="revenue")


def test_an_amount_of_a_file_has_the_places_of_a_ledger_line(
    operator: Client, story: Story
):
    today = asked(story, first=story.days[2])
    found = [*file_of(operator, "days", **today), *file_of(operator, "owners", **today)]

    amounts = [row[name] for row in found for name in row if name.endswith("_usd")]

    assert [text for text in amounts if len(text.partition(".")[2]) > 6] == []
    assert any("." in text for text in amounts)


@pytest.mark.parametrize("page", ["/profit/", "/profit/lines/", "/books/", "/books/bill/"])
@pytest.mark.parametrize(
    ("first", "last"),
    [("0002-01-01", "9998-12-31"), ("nonsense", "2026-03-04"), ("2026-03-04", "")],
)
def test_the_usual_days_are_offered_beside_any_nonsense(
    operator: Client, story: Story, page: str, first: str, last: str
):
    answer = operator.get(page, {"first": first, "last": last})

    assert answer.status_code == 200
    assert 'aria-label="Days"' in answer.text
