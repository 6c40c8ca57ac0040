"""A plan of one's own: what is stated, as text, into the claims that are checked."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from economics.planner.strategy.plan import MILLION, PlanTier, Range, StrategyPlan
from fleet.forms import NUMBER, NameField, NumberField, WholeField, clean_number, shown

LONGEST_RANGE = 60
BETWEEN = re.compile(r"\s*(?:-|–|to|\.\.)\s*")
MOST_GPUS = 64
MOST_STATED = Decimal(10) ** 12


class RangeField(forms.CharField):
    """An amount, or two with "to" between them: 60, 60 to 80, 60-80."""

    def __init__(self, *, example: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.example = example

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").strip()[:LONGEST_RANGE]
        if not text:
            return None
        parts = [clean_number(part) for part in BETWEEN.split(text, maxsplit=1)]
        try:
            if not all(part and NUMBER.fullmatch(part) for part in parts):
                raise InvalidOperation
            amounts = [Decimal(part) for part in parts]
        except InvalidOperation:
            raise forms.ValidationError(
                f"{self.label} is {shown(value)}; write a number or two, such as "
                f"{self.example}."
            ) from None
        if amounts[0] > amounts[-1]:
            raise forms.ValidationError(
                f"{self.label} is {shown(value)}; the first number must be the smaller one."
            )
        return Range(amounts[0], amounts[-1])


class OwnPlanForm(forms.Form):
    """One deployment with what is expected of it. Only the machine must be told."""

    model = NameField(label="Model")
    precision = NameField(label="Weights")
    gpu = NameField(label="GPU")
    gpu_count = WholeField(label="GPU count", example="8")
    tensor_parallel = WholeField(label="Tensor parallel", example="8", required=False)
    max_model_len = WholeField(label="Context", example="131072", required=False)
    usd_per_hour = RangeField(label="Price of the machine", example="12 to 15")
    hours_per_day = NumberField(label="Hours a day", example="24", required=False)
    prompt = NumberField(label="Prompt price", example="1.00", required=False)
    completion = NumberField(label="Completion price", example="2.00", required=False)
    blended = RangeField(label="Blended price", example="1.50")
    tokens = RangeField(label="Tokens a day", example="60 to 80")
    at_utilization = RangeField(label="At utilization", example="0.5")
    break_even = RangeField(label="Break-even utilization", example="0.8 to 1.0")
    revenue = RangeField(label="Revenue a day", example="150 to 400")
    profit = RangeField(label="Profit a day", example="0 to 250")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        count = data.get("gpu_count")
        if count is not None and not 1 <= count <= MOST_GPUS:
            self.add_error("gpu_count", f"GPU count is {count}; use 1 to {MOST_GPUS}.")
        for name in ("usd_per_hour", "blended", "tokens", "at_utilization", "revenue"):
            stated = data.get(name)
            if stated is not None and (stated.low < 0 or stated.high > MOST_STATED):
                label = self.fields[name].label
                self.add_error(
                    name, f"{label} is {stated.low} to {stated.high}; use 0 or more."
                )
        share = data.get("at_utilization")
        if share is not None and not 0 < share.low <= share.high <= 1:
            self.add_error(
                "at_utilization",
                f"At utilization is {share.low} to {share.high}; use shares above 0, "
                "up to 1.",
            )
        hours = data.get("hours_per_day")
        if hours is not None and not 0 < hours <= 24:
            self.add_error(
                "hours_per_day", f"Hours a day is {hours}; use more than 0, up to 24."
            )
        for name in ("prompt", "completion"):
            price = data.get(name)
            if price is not None and price < 0:
                label = self.fields[name].label
                self.add_error(
                    name, f"{label} is {price}; use 0 or more USD per 1M tokens."
                )
        return data

    def plan(self) -> StrategyPlan | None:
        """The plan of a good form; None when the form now says what is wrong."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        tokens = data["tokens"]
        tier = PlanTier(
            key="own",
            title=f"{data['model']} {data['precision'].upper()} on {data['gpu_count']}× "
            f"{data['gpu']}",
            section="Your plan",
            model=data["model"],
            precision=data["precision"].lower(),
            gpu=data["gpu"],
            gpu_count=data["gpu_count"],
            tensor_parallel=data["tensor_parallel"],
            max_model_len=data["max_model_len"],
            usd_per_hour=data["usd_per_hour"],
            hours_per_day=data["hours_per_day"] or Decimal(24),
            prompt_usd_per_million=data["prompt"],
            completion_usd_per_million=data["completion"],
            blended_usd_per_million=data["blended"],
            tokens_per_day=None if tokens is None else tokens.times(MILLION),
            at_utilization=data["at_utilization"],
            break_even_utilization=data["break_even"],
            revenue_usd_per_day=data["revenue"],
            profit_usd_per_day=data["profit"],
        )
        return StrategyPlan("Your plan", None, (tier,))
