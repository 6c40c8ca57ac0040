"""Capacity from two saturated measurements: seconds per uncached prompt and output token.

Formula and worked examples: docs/formulas/two-parameter-capacity.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.latency import Unknown


@dataclass(frozen=True, slots=True)
class SaturatedPoint:
    """A replica at full load without cached prompts.

    prompt_tokens, completion_tokens  [tokens] of the mean request
    output_tokens_per_second          of the whole replica
    """

    prompt_tokens: float
    completion_tokens: float
    output_tokens_per_second: float


@dataclass(frozen=True, slots=True)
class TwoParameters:
    """What a token costs a saturated replica.

    prompt_seconds  [s] of replica time per uncached prompt token (a)
    output_seconds  [s] of replica time per output token (b)
    """

    prompt_seconds: float
    output_seconds: float

    def seconds_per_output_token(self, ratio: float, cached_share: float) -> float:
        """[s] t = r (1 - c) a + b, at `ratio` prompt tokens for each output token."""
        return ratio * (1 - cached_share) * self.prompt_seconds + self.output_seconds

    def billed_tokens_per_second(self, ratio: float, cached_share: float) -> float:
        """[tokens/s] prompt, cached prompt and completion: (r + 1) / t.

        Optimistic for long contexts: attention and KV reads that grow with them, the
        size of the cache and misses are not in two parameters.
        """
        if not ratio >= 0:
            raise ValueError(f"ratio is {ratio}; it must be 0 or more.")
        if not 0 <= cached_share < 1:
            raise ValueError(f"cached_share is {cached_share}; it must be 0 <= share < 1.")
        return (ratio + 1) / self.seconds_per_output_token(ratio, cached_share)


def two_parameters(one: SaturatedPoint, other: SaturatedPoint) -> TwoParameters | Unknown:
    """a and b from two points with different ratios of prompt to completion.

    Solves 1/o = r a + b for both. Unknown where the ratios are alike, a figure is not
    above 0, or the points contradict the formula (a or b not above 0).
    """
    for point in (one, other):
        figures = (
            *(point.prompt_tokens, point.completion_tokens),
            point.output_tokens_per_second,
        )
        if not all(figure > 0 for figure in figures):
            return Unknown("Lengths and rates of a saturated point must be above 0.")
    low = one.prompt_tokens / one.completion_tokens
    high = other.prompt_tokens / other.completion_tokens
    if abs(high - low) < 0.5:
        return Unknown(
            f"Both points have about {low:.1f} prompt tokens per output token; measure "
            "two mixes that differ, such as 1k/1k and 8k/1k."
        )
    spent_low, spent_high = (
        1 / one.output_tokens_per_second,
        1 / other.output_tokens_per_second,
    )
    prompt_seconds = (spent_high - spent_low) / (high - low)
    output_seconds = spent_low - low * prompt_seconds
    if prompt_seconds <= 0 or output_seconds <= 0:
        return Unknown(
            "The two points contradict the formula: a longer prompt did not cost more, or "
            "output would cost nothing. Were both saturated?"
        )
    return TwoParameters(prompt_seconds, output_seconds)
