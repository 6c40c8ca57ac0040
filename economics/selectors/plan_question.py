"""Written fields into a checked question: the command and the API ask by this."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.planner.question import DEFAULTS, PlanQuestion, PriceList
from economics.selectors.plan_facts import ModelFacts

LONGEST_SHOWN = 40  # characters of a value that are repeated in a sentence
LONGEST_MIX = 80
# A bound on the digits: 1e9999999 is a number too, and takes minutes as an integer.
WHOLE_TEXT = re.compile(r"-?[0-9]{1,9}", re.ASCII)
NUMBER_TEXT = re.compile(r"-?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuestionField:
    """One field of a question as it is written.

    word     what it is called in a sentence
    example  what would be right
    line     what it means, with its unit and what holds where it is left out
    """

    name: str
    word: str
    example: str
    line: str
    is_whole: bool = False


FIELDS = (
    QuestionField(
        "prompt_tokens",
        "Prompt",
        "1000",
        "Tokens of a request's prompt, cached ones included; the model's real traffic.",
        is_whole=True,
    ),
    QuestionField(
        "completion_tokens",
        "Completion",
        "200",
        "Tokens of a request's completion; the model's real traffic.",
        is_whole=True,
    ),
    QuestionField(
        "cached_share",
        "Cached share",
        "0.6",
        "Share of the prompt that is cached, from 0 to below 1; the model's real traffic.",
    ),
    QuestionField(
        "concurrency",
        "Concurrency",
        "16",
        "Requests at once; then the latency is what comes of it, and targets are ignored. "
        "Left out: as many as the latency allows.",
        is_whole=True,
    ),
    QuestionField(
        "max_tpot_ms", "Time per output token", "50", "Milliseconds at most; 50."
    ),
    QuestionField(
        "max_ttft_ms", "Time to first token", "2000", "Milliseconds at most; 5000."
    ),
    QuestionField(
        "max_model_len",
        "Context",
        "8192",
        "Tokens of the longest request; prompt and completion.",
        is_whole=True,
    ),
    QuestionField(
        "gpu_memory_utilization",
        "GPU memory share",
        "0.90",
        "Share of a GPU's memory that vLLM takes, above 0 and below 1; 0.90.",
    ),
    QuestionField(
        "utilization", "Utilization", "0.5", "Share of the serving time, 0 to 1; 0.5."
    ),
    QuestionField(
        "price_prompt",
        "Prompt price",
        "0.10",
        "Our price in USD per 1M prompt tokens; the price in force, else the market's.",
    ),
    QuestionField(
        "price_cached",
        "Cached prompt price",
        "0.05",
        "Our price in USD per 1M cached prompt tokens; the prompt's price.",
    ),
    QuestionField(
        "price_completion",
        "Completion price",
        "0.20",
        "Our price in USD per 1M completion tokens; has to come with price_prompt.",
    ),
    QuestionField("price_factor", "Price factor", "1", "Factor on our prices, 0 to 20; 1."),
    QuestionField(
        "gpu_price_factor",
        "GPU price factor",
        "1",
        "Factor on the prices of GPUs, 0 to 20; 1.",
    ),
    QuestionField(
        "take_rate",
        "Take rate",
        "0.05",
        "Share of gross revenue that the marketplace keeps, 0 to 1; the setting.",
    ),
    QuestionField("hours", "Hours a day", "24", "Serving hours a day, up to 24; 24."),
    QuestionField(
        "starts", "Starts a day", "1", "Cold starts a day, 0 to 100; 0.", is_whole=True
    ),
    QuestionField(
        "load_gb_per_second",
        "Load speed",
        "0.3",
        "GB per second at which weights arrive; 0.3.",
    ),
)
MIX = QuestionField(
    "mix",
    "Mix",
    "0.35,0.62,0.03",
    "Shares of uncached prompt, cached prompt and completion tokens that sum to 1, in "
    "place of the traffic's.",
)
PRICES = ("price_prompt", "price_cached", "price_completion")
NAMES = (*(each.name for each in FIELDS), MIX.name)


class PlanRefused(ValueError):
    """No question; `errors` has the sentences by field."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(line for lines in errors.values() for line in lines))
        self.errors = dict(errors)


def question_of(
    written: Mapping[str, str], facts: ModelFacts, *, take_rate: Decimal
) -> PlanQuestion:
    """The checked question of written fields (`NAMES`); empty ones are left out.

    facts      fill what is left out with the model's own traffic
    take_rate  [1] where none is written

    Raises PlanRefused with every sentence, and KeyError for a field that is none.
    """
    if unknown := sorted(set(written) - set(NAMES)):
        raise KeyError(f"no field of a plan's question: {', '.join(unknown)}")
    given = {name: text.strip() for name, text in written.items() if text.strip()}
    errors: dict[str, list[str]] = {}
    read: dict[str, Any] = {}
    for field in FIELDS:
        if field.name in given:
            try:
                read[field.name] = number_of(given[field.name], field)
            except ValueError as wrong:
                errors[field.name] = [str(wrong)]
    if MIX.name in given:
        try:
            read[MIX.name] = mix_of_text(given[MIX.name])
        except ValueError as wrong:
            errors[MIX.name] = [str(wrong)]
    errors |= lone_prices(given)
    if errors:
        raise PlanRefused(errors)
    question = PlanQuestion(**(defaults_of(facts, take_rate) | values_of(read)))
    if faults := question.faults():
        raise PlanRefused(faults)
    return question


def number_of(text: str, field: QuestionField) -> Decimal | int:
    """A written number, exact. Raises ValueError with a sentence."""
    if field.is_whole:
        if not WHOLE_TEXT.fullmatch(text):
            raise ValueError(
                f"{field.word} is {shown(text)}; write a whole number such as "
                f"{field.example}."
            )
        return int(text)
    if not NUMBER_TEXT.fullmatch(text):
        raise ValueError(
            f"{field.word} is {shown(text)}; write a number such as {field.example}."
        )
    return Decimal(text)


def mix_of_text(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """Three written shares. Raises ValueError with a sentence."""
    parts = [part for part in re.split(r"[,;\s]+", text[:LONGEST_MIX]) if part]
    are_numbers = all(NUMBER_TEXT.fullmatch(part) for part in parts)
    if len(text) > LONGEST_MIX or len(parts) != 3 or not are_numbers:
        raise ValueError(
            f"Mix is {shown(text)}; write three shares that sum to 1: uncached, cached, "
            f"completion, such as {MIX.example}."
        )
    uncached, cached, completion = map(Decimal, parts)
    return uncached, cached, completion


def lone_prices(given: Mapping[str, str]) -> dict[str, list[str]]:
    """The sentences about a price list of which a part is missing."""
    words = {each.name: each.word for each in FIELDS}
    if not any(name in given for name in PRICES):
        return {}
    return {
        name: [f"{words[name]} is missing; give prompt and completion price."]
        for name in PRICES
        if name not in given and name != "price_cached"
    }


def defaults_of(facts: ModelFacts, take_rate: Decimal) -> dict[str, Any]:
    """The question's values where nothing is written: the model's own traffic."""
    known = {k: v for k, v in facts.form_defaults.items() if v is not None}
    return DEFAULTS | {"take_rate": take_rate, "model": facts.model.slug} | known


def values_of(read: Mapping[str, Any]) -> dict[str, Any]:
    """The question's own values of fields that were read; prices become one list.

    A concurrency that is given takes the place of the latency targets, and a cached price
    that is left out is the prompt's. Prompt and completion price stand together.
    """
    values = {name: value for name, value in read.items() if name not in PRICES}
    if "concurrency" in values:  # then the latency is what comes of it
        values |= {"max_tpot_ms": None, "max_ttft_ms": None}
    if "price_prompt" in read:
        prompt = read["price_prompt"]
        cached = read.get("price_cached", prompt)
        values["prices"] = PriceList(prompt, cached, read["price_completion"])
    return values


def shown(text: str) -> str:
    """What was written, in quotes and not longer than a line."""
    short = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    return repr(short)
