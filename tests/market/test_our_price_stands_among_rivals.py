"""The board: floor, middle, place and share among the offers that count, and no others."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from economics.models import UsageHour
from tests.clock import NOON
from tests.factories import make_deployment, make_pod
from tests.market.boards import board_of, make_glm, make_market, told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def sold(glm, *, uncached: int, cached: int, completion: int) -> None:
    """Tokens of our own in the last hour."""
    pod = make_pod(deployment=make_deployment(variant=glm.variants.first()))
    UsageHour.objects.create(
        pod=pod,
        hour_start=NOON - HOUR,
        uncached_prompt_tokens=uncached,
        cached_prompt_tokens=cached,
        completion_tokens=completion,
    )


def apart(*offers) -> dict[str, str]:
    make_market(*offers)
    return {each.name: each.why_apart for each in board_of(make_glm()).rivals}


def test_prices_are_blended_by_our_own_mix():
    glm = make_glm()
    sold(glm, uncached=1, cached=2, completion=1)
    make_market()

    board = board_of(glm)

    # (1 x 0.60 + 2 x 0.12 + 1 x 1.92) / 4 = 0.69; Birch: (1 + 0.4 + 3.2) / 4 = 1.15
    assert board.standing.ours == Decimal("0.69")
    assert [each.blended for each in board.rivals] == [Decimal("0.69"), Decimal("1.15")]
    assert (board.standing.floor, board.standing.cheapest) == (Decimal("0.69"), "Alder fp8")
    assert board.standing.middle == Decimal("0.92")
    assert (board.standing.rank, board.standing.of) == (1, 3)
    assert "our own tokens of the last 7 days" in board.mix.source


def test_the_share_is_said_with_its_numbers():
    glm = make_glm()
    sold(glm, uncached=1, cached=2, completion=1)
    make_market()

    standing = board_of(glm).standing

    assert standing.formula == ("0.6900⁻² ÷ (0.6900⁻² + 0.6900⁻² + 1.1500⁻²) = 42.4 %")


def test_without_tokens_of_ours_the_public_traffic_is_the_mix():
    make_market()

    board = board_of(make_glm())

    assert "OpenRouter, mean of 28 days to 2026-08-07" in board.mix.source
    assert isinstance(board.standing.floor, Decimal)


def test_a_cached_prompt_without_a_price_costs_as_another():
    glm = make_glm()
    sold(glm, uncached=0, cached=1, completion=0)
    bare = told("Alder", "0.60", "0", "1")
    del bare["pricing"]["input_cache_read"]
    make_market(bare)

    (rival,) = board_of(glm).rivals

    assert rival.blended == Decimal("0.60") and not rival.has_cached_price


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"status": -2}, "its status is -2"),
        ({"status": None}, ""),
        ({"uptime_last_30m": 94}, "its uptime is below 95 %"),
        ({"uptime_last_30m": None}, ""),
    ],
)
def test_an_offer_out_of_order_is_left_out_and_says_why(more, why):
    assert apart(told("Alder", "1", "1", "1", **more)) == {"Alder": why}


def test_a_free_offer_is_another_market():
    assert apart(told("Alder", "0", "0", "0")) == {"Alder": "it is free"}


def test_an_offer_that_is_listed_no_more_sets_no_floor():
    make_market(told("Alder", "0.1", "0.1", "0.1"), told("Birch", "1", "1", "1"))
    make_market(told("Birch", "1", "1", "1"), now=NOON + HOUR)

    board = board_of(make_glm(), now=NOON + HOUR)

    assert board.standing.cheapest == "Birch fp8"
    gone = next(each for each in board.rivals if each.name == "Alder")
    assert gone.why_apart == "it is listed no more"


def test_our_own_offer_is_no_rival():
    make_market(told("Kerne", "0.1", "0.1", "0.1"), told("Birch", "1", "1", "1"))

    board = board_of(make_glm(), name_there="kerne")

    assert board.standing.cheapest == "Birch fp8"


def test_without_a_price_of_ours_there_is_no_share_and_no_place():
    make_market()

    standing = board_of(make_glm(priced=False)).standing

    assert isinstance(standing.ours, Unknown) and standing.rank is None
    assert "no token price is set" in standing.share.reason
    assert isinstance(standing.floor, Decimal)


@pytest.mark.parametrize(
    ("hours", "stale", "known"), [(2, False, True), (3, True, True), (11, True, False)]
)
def test_an_old_reading_is_stale_and_then_concludes_nothing(hours, stale, known):
    make_market()

    board = board_of(make_glm(), now=NOON + hours * HOUR)

    assert board.is_stale is stale
    assert isinstance(board.standing.floor, Decimal) is known
    if not known:
        assert "over 10 hours ago" in board.standing.floor.reason


def test_play_prices_are_not_seen_from_the_real_market():
    make_market()

    board = board_of(make_glm(), source="openrouter")

    assert board.rivals == () and "lists none" in board.why_not


def test_without_any_mix_prices_are_shown_and_nothing_is_blended():
    glm = make_glm()
    glm.slug = "nobody-knows"
    glm.save()
    make_market()

    board = board_of(glm)

    assert len(board.rivals) == 2
    assert isinstance(board.standing.floor, Unknown)
