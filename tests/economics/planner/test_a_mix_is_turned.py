from decimal import Decimal

import pytest

from economics.calc.token_mix import TokenCounts, TokenMix
from economics.planner.mix import mix_of_shares, turned_mix

START = TokenMix(TokenCounts(uncached_prompt=300, cached_prompt=100, completion=100))


def shares(mix: TokenMix) -> tuple[Decimal, ...]:
    return tuple(mix.shares.values())


@pytest.mark.parametrize(
    ("cached", "completion", "expected"),
    [
        (None, None, "0.6 0.2 0.2"),
        ("0.5", None, "0.4 0.4 0.2"),
        (None, "0.6", "0.3 0.1 0.6"),
        ("0.9", "0.5", "0.05 0.45 0.5"),
        ("0", "0", "1 0 0"),
        ("1", None, "0 0.8 0.2"),
        (None, "1", "0 0 1"),
    ],
)
def test_one_share_is_turned_and_the_others_keep_their_proportion(
    cached, completion, expected
):
    turned = turned_mix(
        START,
        cached_share=None if cached is None else Decimal(cached),
        completion_share=None if completion is None else Decimal(completion),
    )

    assert shares(turned) == tuple(map(Decimal, expected.split()))


def test_traffic_without_a_prompt_gets_an_uncached_one():
    only = TokenMix(TokenCounts(completion=5))

    turned = turned_mix(only, cached_share=None, completion_share=Decimal("0.5"))

    assert shares(turned) == (Decimal("0.5"), Decimal(0), Decimal("0.5"))


def test_a_share_of_many_digits_stays_exact():
    tiny = Decimal("0.000000000000000001")

    mix = mix_of_shares((1 - tiny, Decimal(0), tiny))

    assert mix.counts == TokenCounts(10**18 - 1, 0, 1)


@pytest.mark.parametrize("share", ["-0.1", "1.1"])
def test_a_share_outside_of_its_range_is_refused(share):
    with pytest.raises(ValueError):
        turned_mix(START, cached_share=None, completion_share=Decimal(share))
