"""The plan's address into a question: text of a URL, each fault with a sentence."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.http import QueryDict

from economics.planner.compare import MOST_COMPARED
from economics.planner.question import DEFAULTS, PlanQuestion
from economics.selectors.plan_filter import Choices, PlanFilter
from economics.selectors.plan_question import PRICES, mix_of_text, values_of
from fleet.forms import NameField, NumberField, WholeField

NAMES = [each.name for each in fields(PlanQuestion) if each.name != "prices"] + [*PRICES]


class MixField(forms.CharField):
    """Three shares: "0.35, 0.62, 0.03"."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if not text:
            return None
        try:
            return mix_of_text(text)
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None


def number(label: str, example: str) -> NumberField:
    return NumberField(label=label, example=example, required=False)


def whole(label: str, example: str) -> WholeField:
    return WholeField(label=label, example=example, required=False)


class PlanForm(forms.Form):
    """Everything that a plan's address may say. What is left out has its default."""

    model = NameField(label="Model")
    prompt_tokens = whole("Prompt", "1000")
    completion_tokens = whole("Completion", "200")
    cached_share = number("Cached share", "0.6")
    concurrency = whole("Concurrency", "16")
    max_tpot_ms = number("Time per output token", "50")
    max_ttft_ms = number("Time to first token", "2000")
    max_model_len = whole("Context", "8192")
    gpu_memory_utilization = number("GPU memory share", "0.90")
    price_prompt = number("Prompt price", "0.10")
    price_cached = number("Cached prompt price", "0.05")
    price_completion = number("Completion price", "0.20")
    take_rate = number("Take rate", "0.05")
    hours = number("Hours a day", "24")
    starts = whole("Starts a day", "1")
    load_gb_per_second = number("Load speed", "0.3")
    utilization = number("Utilization", "0.5")
    price_factor = number("Price factor", "1")
    gpu_price_factor = number("GPU price factor", "1")
    cached_if = number("Cached share", "0.6")
    completion_if = number("Completion share", "0.1")
    mix = MixField(label="Mix", required=False)
    provider = NameField(label="Provider")
    kind = NameField(label="Rental")
    gpu = NameField(label="GPU")
    option = NameField(label="Option")

    def __init__(self, asked: QueryDict, *, initial: dict[str, Any]) -> None:
        """`initial` fills what the address leaves out, such as a model's real traffic."""
        given = {
            name: asked[name]
            for name in self.base_fields
            if name in asked and str(asked[name]).strip()
        }
        self.given = set(given)
        super().__init__({**{k: v for k, v in initial.items() if v is not None}, **given})
        self.compare = list(dict.fromkeys(asked.getlist("compare")))[:MOST_COMPARED]

    def question(self) -> PlanQuestion | None:
        """The checked question; None when the form now says what is wrong."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        read = {name: data[name] for name in NAMES if data.get(name) is not None}
        self._judge_prices(read)
        if self.errors:
            return None
        values: dict[str, Any] = DEFAULTS | values_of(read)
        question = PlanQuestion(**values)
        for field, sentences in question.faults().items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)
        return None if self.errors else question

    def filter(self, choices: Choices) -> PlanFilter | None:
        """What is looked at; None when the form now says that nothing is offered so."""
        wanted = {name: self.cleaned_data[name] for name in choices}
        for name, offered in choices.items():
            if wanted[name] and wanted[name] not in dict(offered):
                label = self.fields[name].label
                self.add_error(
                    name,
                    f"{label} {wanted[name][:60]!r} offers nothing; choose one of the "
                    f"{len(offered)} listed.",
                )
        return None if self.errors else PlanFilter(**wanted)

    def _judge_prices(self, read: dict[str, Any]) -> None:
        """A price list is written whole, but for the cached price."""
        if not any(name in read for name in PRICES):
            return
        for name in PRICES:
            if name not in read and name != "price_cached":
                label = self.fields[name].label
                self.add_error(name, f"{label} is empty; give prompt and completion price.")
