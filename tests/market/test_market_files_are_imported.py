"""Datasets from files: previewed, every bad row named, all of it or nothing, exact."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from economics.models import (
    BookImport,
    MarketEndpoint,
    MarketModel,
    MarketPrice,
    MarketVolume,
)
from economics.services.book_imports import preview_file, take_in
from economics.services.market_files import MARKET_PRICES, MARKET_TOKENS
from fleet.csv_files import FileRefused
from tests.clock import NOON
from tests.factories import make_user
from tests.market.boards import board_of, make_glm, make_market

pytestmark = pytest.mark.django_db
HEADER = "model,provider,quantization,unit,prompt,cached_prompt,completion,observed_on"
GOOD = "z-ai/glm-5,DeepInfra,fp4,million,0.60,0.12,2.08,2026-03-01"


def csv(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines]).encode()


def take(content: bytes, importer=MARKET_PRICES) -> str:
    return take_in(importer, content, name="m.csv", acting_user="ada", now=NOON)


def faults(content: bytes, importer=MARKET_PRICES) -> list[str]:
    with pytest.raises(FileRefused) as refusal:
        take(content, importer)
    assert not MarketModel.objects.exists() and not BookImport.objects.exists()
    return [str(each) for each in refusal.value.faults]


def test_prices_are_kept_exactly_in_both_units():
    take(
        csv(
            GOOD,
            "z-ai/glm-5,Noise,,token,0.0000027500000000000004,,0.000000002,2026-03-01",
        )
    )

    prices = {each.endpoint.provider: each for each in MarketPrice.objects.all()}
    assert prices["DeepInfra"].prompt == Decimal("6E-7")
    assert prices["DeepInfra"].cached_prompt == Decimal("1.2E-7")
    assert prices["Noise"].prompt == Decimal("0.0000027500000000000004")
    assert prices["Noise"].completion == Decimal("2E-9")
    assert prices["Noise"].cached_prompt is None


def test_days_of_one_offer_become_steps():
    later = GOOD.replace("2026-03-01", "2026-03-02")
    changed = GOOD.replace("0.60", "0.50").replace("2026-03-01", "2026-03-03")

    done = take(csv(changed, GOOD, later))

    assert done == "3 prices of 1 models, 2 new or changed"
    steps = MarketPrice.objects.order_by("observed_from")
    assert [(each.observed_from.day, each.last_observed_at.day) for each in steps] == [
        (1, 2),
        (3, 3),
    ]
    assert MarketEndpoint.objects.get().last_seen_at == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_file_as_other_programs_write_it_is_read():
    german = csv(
        "z-ai/glm-5;DeepInfra;fp4;million;0,60;0,12;1.234,50;2026-03-01",
        header=HEADER.replace(",", ";"),
    )

    take(b"\xef\xbb\xbf" + german)

    assert MarketPrice.objects.get().completion == Decimal("0.0012345")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (GOOD.replace("z-ai/glm-5", "glm"), "write author/name"),
        (GOOD.replace("million", "dozen"), "write one of token, million"),
        (GOOD.replace("0.60", "-1"), "write USD per million, 0 to 100,000"),
        (GOOD.replace("million,0.60", "token,2"), "write USD per token, 0 to 1"),
        (GOOD.replace("0.60", ""), "write USD per million"),
        (GOOD.replace("0.60", "0." + "1" * 21), "write at most 20 decimals"),
        (GOOD.replace("2026-03-01", "2026-03-11"), "to today"),
        (GOOD.replace("2026-03-01", "March"), "write a day such as"),
        (GOOD.replace("DeepInfra", ""), "write the provider"),
        (GOOD.replace("DeepInfra", "=HYPERLINK()"), "which a spreadsheet may run"),
        (GOOD + ",more", "it has 9 cells, the header has 8"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(line, said):
    found = faults(csv(GOOD.replace("DeepInfra", "Good"), line))

    assert said in found[0] and all(each.startswith("Line 3") for each in found)


def test_a_missing_column_and_a_doubled_row_are_named():
    assert "unit" in faults(csv(GOOD, header=HEADER.replace("unit", "per")))[0]
    (fault,) = faults(csv(GOOD, GOOD))
    assert "line 2 has a price of the same offer and day" in fault


def test_the_same_file_twice_is_refused():
    take(csv(GOOD))

    with pytest.raises(FileRefused, match="was imported on 2026-03-10"):
        take(csv(GOOD))
    assert MarketPrice.objects.count() == 1


def test_an_older_price_than_the_known_one_is_refused():
    take(csv(GOOD))

    with pytest.raises(FileRefused) as refusal:
        take(csv(GOOD.replace("0.60", "0.70")))

    assert "a price of 2026-03-01 is known; write later" in str(refusal.value)


def test_a_preview_changes_nothing():
    preview = preview_file(MARKET_PRICES, csv(GOOD), name="m.csv", now=NOON)

    assert preview.row_count == 1 and "0.0000006" in str(preview.shown.rows)
    assert not MarketModel.objects.exists()


def test_imported_prices_stand_apart_and_join_our_model_by_what_is_known():
    make_market(now=NOON)
    take(csv(GOOD))

    board = board_of(make_glm(), source="csv")

    assert [each.name for each in board.rivals] == ["DeepInfra"]
    assert not board.is_stale and board.standing.cheapest == "DeepInfra fp4"
    assert len(board_of(make_glm(priced=False)).rivals) == 2


def test_tokens_per_day_are_kept_and_restated():
    take(csv("z-ai/glm-5,2026-03-01,26440000000", header="model,day,tokens"), MARKET_TOKENS)
    take(
        csv(
            "z-ai/glm-5,2026-03-01,27000000000", header="model_permaslug,date,total_tokens"
        ),
        MARKET_TOKENS,
    )

    row = MarketVolume.objects.get()
    assert (row.day, row.tokens, row.source) == (date(2026, 3, 1), 27_000_000_000, "csv")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("z-ai/glm-5,2026-03-01,1.5", "at most 0 decimals"),
        ("z-ai/glm-5,2026-03-01,-1", "write a whole number"),
        ("z-ai/glm-5,2022-03-01,1", "write a day from 2023-01-01"),
    ],
)
def test_a_day_that_is_none_is_named(line, said):
    (fault,) = faults(csv(line, header="model,day,tokens"), MARKET_TOKENS)

    assert said in fault


@pytest.mark.parametrize("kind", ["market-prices", "market-tokens"])
def test_the_page_previews_and_imports(kind):
    client = Client()
    client.force_login(make_user("ada"))
    content = csv(GOOD)
    if kind == "market-tokens":
        content = csv("z-ai/glm-5,2026-03-01,5", header="model,day,tokens")

    page = client.post(
        f"/books/import/{kind}/", {"file": SimpleUploadedFile("m.csv", content)}
    )
    words = page.context["sealed"]
    answer = client.post(f"/books/import/{kind}/confirm/", {"sealed": words})

    assert (answer.status_code, answer["Location"]) == (302, "/market/")
    assert BookImport.objects.get().kind == kind
