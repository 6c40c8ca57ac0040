"""The client of OpenRouter's API: exact numbers, one meaning of each failure, no secret."""

from datetime import date
from decimal import Decimal

import pytest
import requests

from economics.openrouter.client import MODELS_PER_PAGE, OpenRouterClient
from economics.openrouter.errors import MarketRefused, MarketSilent
from tests.market.market_server import BASE, Answers, client_of, model, offer

KEY = "sk-or-v1-secret-of-a-test"


def test_numbers_arrive_exact():
    body = b'{"data": {"endpoints": [{"uptime_last_30m": 99.30000000000000001}]}}'

    (told,) = client_of(Answers({"/models/a/b/endpoints": body})).endpoints("a/b")

    assert told["uptime_last_30m"] == Decimal("99.30000000000000001")


def test_models_are_read_page_by_page_until_a_page_is_not_full():
    page = {"data": [model(f"a/m{n}") for n in range(MODELS_PER_PAGE)]}
    answers = Answers({"/models": page})
    pages = client_of(answers)

    assert len(pages.models()) == 5 * MODELS_PER_PAGE  # a market that never ends
    assert len(answers.asked) == 5


def test_a_key_is_sent_in_the_header_only():
    answers = Answers({"/models": {"data": []}})
    client = client_of(answers, api_key=KEY)

    client.models()

    (asked,) = answers.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in (asked.url or "") and KEY not in repr(client)


def test_without_a_key_no_header_is_sent():
    answers = Answers({"/models": {"data": []}})

    client_of(answers).models()

    assert "Authorization" not in answers.asked[0].headers


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_a_definite_no_is_refused_with_its_status(status):
    answers = Answers({"/models": (status, {})})

    with pytest.raises(MarketRefused) as refusal:
        client_of(answers).models()

    assert refusal.value.status == status


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}),
        (302, {}),
        (408, {}),
        b"<html>",
        b'{"data": NaN}',
        b"[" * 100_000,
        {"data": "none"},
        [],
        requests.ConnectTimeout("no route"),
        requests.ConnectionError(f"refused {KEY}"),
    ],
)
def test_anything_else_is_silence_and_names_no_key(answer):
    with pytest.raises(MarketSilent) as silence:
        client_of(Answers({"/models": answer}), api_key=KEY).models()

    assert KEY not in str(silence.value)


def test_a_body_without_an_end_is_given_up():
    answers = Answers({"/models": b" " * 3_000_000})

    with pytest.raises(MarketSilent, match="more than 1,000,000 bytes"):
        client_of(answers, most_body_bytes=1_000_000).models()


def test_a_model_is_asked_for_by_its_slug_with_its_variant():
    answers = Answers({"/models/z-ai/glm-5:free/endpoints": {"data": {"endpoints": []}}})

    assert client_of(answers).endpoints("z-ai/glm-5:free") == []


def test_endpoints_without_a_list_are_silence():
    answers = Answers({"/models/a/b/endpoints": {"data": {"endpoints": {}}}})

    with pytest.raises(MarketSilent, match="without a list"):
        client_of(answers).endpoints("a/b")


def test_rankings_are_asked_for_by_their_days():
    meta = {"as_of": "2026-03-04T00:00:00Z"}
    answers = Answers({"/datasets/rankings-daily": {"data": [], "meta": meta}})

    told = client_of(answers, api_key=KEY).rankings(
        first=date(2026, 2, 1), last=date(2026, 3, 4)
    )

    assert told == ([], meta)
    assert "start_date=2026-02-01&end_date=2026-03-04" in (answers.asked[0].url or "")


def test_an_address_that_is_none_is_refused_at_once():
    with pytest.raises(ValueError, match="must begin with https"):
        OpenRouterClient(base_url="openrouter.ai")


def test_the_base_is_kept_without_its_slash():
    answers = Answers({"/models/a/b/endpoints": {"data": {"endpoints": [offer()]}}})
    client = OpenRouterClient(base_url=f"{BASE}/", transport=answers)

    assert len(client.endpoints("a/b")) == 1
