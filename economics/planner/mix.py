"""The mix of tokens that a plan's money is worked out with."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import lcm

from economics.calc.token_mix import TokenCounts, TokenMix

MixShares = tuple[Decimal, Decimal, Decimal]  # uncached prompt, cached prompt, completion


def mix_of_shares(shares: MixShares) -> TokenMix:
    """The exact mix of shares [1] that sum to about 1.

    Raises ValueError for a negative share, or where all are 0.
    """
    return _mix([Fraction(share) for share in shares])


def turned_mix(
    start: TokenMix, *, cached_share: Decimal | None, completion_share: Decimal | None
) -> TokenMix:
    """`start` with another share of its prompt cached, another share of it completion.

    cached_share      [1] of the prompt, in [0, 1]; None: as it is, 0 without a prompt
    completion_share  [1] of all tokens, in [0, 1]; None: as it is

    Exact. Raises ValueError for a share outside of [0, 1].
    """
    if cached_share is None and completion_share is None:
        return start
    cached, completion = prompt_cached(start), completion_of(start)
    if cached_share is not None:
        cached = Fraction(cached_share)
    if completion_share is not None:
        completion = Fraction(completion_share)
    prompt = 1 - completion
    return _mix([prompt * (1 - cached), prompt * cached, completion])


def prompt_cached(mix: TokenMix) -> Fraction:
    """[1] of the prompt's tokens that are cached; 0 without a prompt."""
    prompt = mix.counts.uncached_prompt + mix.counts.cached_prompt
    return Fraction(mix.counts.cached_prompt, prompt) if prompt else Fraction(0)


def completion_of(mix: TokenMix) -> Fraction:
    """[1] of all tokens that are completion."""
    return Fraction(mix.counts.completion, mix.counts.total)


def _mix(shares: list[Fraction]) -> TokenMix:
    unit = lcm(*(share.denominator for share in shares))
    return TokenMix(TokenCounts(*(int(share * unit) for share in shares)))
