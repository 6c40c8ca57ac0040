"""The order form: text from a browser into an OrderSpec, each fault with a sentence.

Only what a type can not hold is judged here; every rule of an order is the service's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from fleet.models import Cloud, RentalKind
from fleet.selectors.serverless import USUAL_DELAY_SECONDS
from fleet.services.actions.tuning import NO_ARGS
from fleet.services.order_rules import TYPED_HOURS, WORKERS, OrderSpec
from fleet.vllm.extra_args import LONGEST as LONGEST_ARGS

LONGEST_TEXT = 120  # characters of a name; longer ones are pasting accidents
FIELDS_OF_KIND = {
    RentalKind.SCHEDULED: (*TYPED_HOURS, "baseline_replicas", "is_ready_at_start"),
    RentalKind.BURST: ("max_replicas", "budget_usd_per_hour"),
    RentalKind.SERVERLESS: WORKERS,
    RentalKind.SPOT: ("max_spot_usd_per_gpu_hour", "on_demand_fallback"),
}
WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{0,8}\.?[0-9]{0,8}", re.ASCII)


class WholeField(forms.Field):
    """A whole number; `example` is what would be right."""

    def __init__(self, *, example: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def to_python(self, value: Any) -> int | None:
        text = clean_number(value)
        if not text:
            return None
        if not WHOLE.fullmatch(text):
            raise forms.ValidationError(
                f"{self.label} is {shown(value)}; "
                f"write a whole number such as {self.example}."
            )
        return int(text)

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(
                f"{self.label} is empty; write a whole number such as {self.example}."
            )


class NameField(forms.CharField):
    """A short text; too long or unprintable ones get a sentence.

    may_be_secret  no sentence repeats any of it
    """

    def __init__(
        self, *, most: int = LONGEST_TEXT, may_be_secret: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(required=False, **kwargs)
        self.most = most
        self.may_be_secret = may_be_secret
        self.validators = []  # of CharField: a sentence that does not name the field

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if len(text) > self.most:
            raise forms.ValidationError(
                f"{self.label} has {len(text):,} characters; write at most {self.most}."
            )
        if "\x00" in text:
            said = "set" if self.may_be_secret else repr(text)
            raise forms.ValidationError(
                f"{self.label} is {said}; write it without the null character."
            )
        return text


class ListedField(WholeField):
    """The key of a row that is chosen from a list; people never write its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(example="", **kwargs)

    def to_python(self, value: Any) -> int | None:
        try:
            return super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(
                f"{self.label} is {shown(value)}; choose one from the list."
            ) from None

    def validate(self, value: Any) -> None:
        if value is None:
            raise forms.ValidationError(f"{self.label} is empty; choose one from the list.")


class NumberField(WholeField):
    """A decimal number, kept exact."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = clean_number(value)
        if not text:
            return None
        try:
            if not NUMBER.fullmatch(text):
                raise InvalidOperation
            return Decimal(text)
        except InvalidOperation:
            raise forms.ValidationError(
                f"{self.label} is {shown(value)}; write a number such as {self.example}."
            ) from None

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(
                f"{self.label} is empty; write a number such as {self.example}."
            )


def clean_number(value: Any) -> str:
    """Digits as people write them: with spaces or commas between the thousands."""
    text = str(value or "").strip().removeprefix("$").replace("−", "-")
    return re.sub(r"(?<=[0-9])[ ,\u00a0\u202f](?=[0-9]{3}(?![0-9]))", "", text)


def shown(value: Any) -> str:
    """What was typed, in quotes and not longer than a line."""
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


class RentalForm(forms.Form):
    """When and how many: the part of an order that can be changed while it runs."""

    replicas = WholeField(label="Replicas", example="1", initial=1)
    rental_kind = NameField(label="Rental", initial=RentalKind.ON_DEMAND)
    days = NameField(label="Days", initial="weekdays")
    from_time = NameField(label="From", initial="09:00")
    to_time = NameField(label="To", initial="17:00")
    cron = NameField(label="Starts")
    window_hours = NameField(label="Duration")
    zone = NameField(label="Time zone", initial="UTC")
    baseline_replicas = WholeField(
        label="Replicas outside the hours", example="0", required=False, initial=0
    )
    is_ready_at_start = NameField(label="Begin of rental", initial="")
    max_replicas = WholeField(label="Most replicas", example="4", required=False)
    budget_usd_per_hour = NumberField(label="Budget", example="3.00", required=False)

    workers_min = WholeField(label="Least workers", example="0", required=False, initial=0)
    workers_max = WholeField(label="Most workers", example="3", required=False, initial=1)
    idle_timeout = WholeField(label="Idle time", example="10", required=False, initial=10)
    queue_delay = WholeField(
        label="Queue delay", example="4", required=False, initial=USUAL_DELAY_SECONDS
    )
    max_spot_usd_per_gpu_hour = NumberField(
        label="Spot limit", example="0.40", required=False
    )
    on_demand_fallback = NameField(label="While spot is not to be had", initial="yes")

    def clean_is_ready_at_start(self) -> bool:
        """The choice as a yes or no."""
        return self.yes_or_no("is_ready_at_start")

    def clean_on_demand_fallback(self) -> bool:
        """The choice as a yes or no."""
        return self.yes_or_no("on_demand_fallback")

    def yes_or_no(self, name: str) -> bool:
        """A choice as a yes or no. Raises ValidationError with a sentence."""
        chosen = self.cleaned_data[name]
        if chosen not in ("", "no", "yes"):
            raise forms.ValidationError(
                f"{self.fields[name].label} is {shown(chosen)}; choose one from the list."
            )
        return chosen == "yes"

    def asked(self) -> dict[str, Any]:
        """The cleaned fields; what another rental asks for is left out."""
        data = dict(self.cleaned_data)
        data["baseline_replicas"] = data["baseline_replicas"] or 0
        if data["rental_kind"] == RentalKind.SERVERLESS:
            data["replicas"] = 1  # its form has no such field: one endpoint
        for kind, names in FIELDS_OF_KIND.items():
            if data["rental_kind"] != kind:
                for name in names:
                    del data[name]
        return data

    def take(self, errors: dict[str, list[str]]) -> None:
        """Put a refusal's sentences beside their fields."""
        take(self, errors)


class OrderForm(RentalForm):
    """What to rent. `fleet_id`, `variant_id` and `gpu_type_id` are chosen from lists."""

    slug = NameField(label="Name")
    fleet_id = ListedField(label="Fleet")
    variant_id = ListedField(label="Model")
    gpu_type_id = NameField(label="GPU")
    cloud = NameField(label="Cloud", initial=Cloud.SECURE)
    gpu_count = WholeField(label="GPU count", example="1", initial=1)
    max_model_len = WholeField(label="Context", example="8192", initial=8192)
    gpu_memory_utilization = NumberField(
        label="GPU memory share", example="0.90", initial="0.90"
    )
    container_disk_gb = WholeField(label="Container disk", example="60", initial=60)
    max_usd_per_gpu_hour = NumberField(label="Price limit", example="0.80", required=False)
    extra_args = NameField(label="Extra arguments", most=LONGEST_ARGS, may_be_secret=True)

    @classmethod
    def of_order(cls, parameters: Mapping[str, str]) -> OrderForm:
        """The form as it was when its order was planned from these parameters."""
        chosen = {
            name: "yes" if parameters.get(name) == "True" else "no"
            for name in ("is_ready_at_start", "on_demand_fallback")
        }
        return cls({**parameters, **chosen})

    def spec(self) -> OrderSpec:
        """The order of a valid form."""
        return OrderSpec(**self.asked())


class SettingsForm(forms.Form):
    """What a deployment runs with and on: changed replica by replica."""

    max_model_len = WholeField(label="Context", example="8192")
    gpu_memory_utilization = NumberField(label="GPU memory share", example="0.90")
    image = NameField(label="Image")
    gpu_type_id = NameField(label="GPU")
    cloud = NameField(label="Cloud")
    gpu_count = WholeField(label="GPU count", example="1")
    container_disk_gb = WholeField(label="Container disk", example="60")
    max_usd_per_gpu_hour = NumberField(label="Price limit", example="0.80")
    extra_args = NameField(label="Extra arguments", most=LONGEST_ARGS, may_be_secret=True)

    def asked(self) -> dict[str, Any]:
        """The cleaned fields; an empty parameter says nothing, so "none" is sent."""
        data = dict(self.cleaned_data)
        return data | {"extra_args": data["extra_args"] or NO_ARGS}

    def take(self, errors: dict[str, list[str]]) -> None:
        """Put a refusal's sentences beside their fields."""
        take(self, errors)


def take(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Put the sentences of a refusal beside the fields of a form."""
    for field, sentences in errors.items():
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, sentence)


class DayField(NameField):
    """A UTC day, written as 2026-03-01; None where it is empty.

    needed  an empty one is refused
    """

    def __init__(self, *, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.needed = needed

    def clean(self, value: Any) -> date | None:
        text = super().clean(value).strip()
        if not text and self.needed:
            raise forms.ValidationError(f"{self.label} is empty; write a day.")
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise forms.ValidationError(
                f"{self.label} is {shown(text)}; write a day such as 2026-03-01."
            ) from None


class InstantField(NameField):
    """A moment, in UTC where it names no zone; empty: none.

    right  how it is to be written, as a refusal says it
    """

    def __init__(self, *, right: str = "a time such as 2026-03-01 14:00", **kwargs: Any):
        super().__init__(**kwargs)
        self.right = right

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError(
                f"{self.label} is {shown(text)}; write {self.right}."
            ) from None
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class TakesRefusal:
    """A form that shows a service's refusal: each sentence stands beside its field."""

    FIELDS_OF: Mapping[str, str] = {}  # by the refusal's name, where they differ

    def take(self: Any, errors: Mapping[str, str] | Mapping[str, Sequence[str]]) -> None:
        """Put the sentences of a refusal beside their fields; others above the form."""
        for name, said in errors.items():
            field = self.FIELDS_OF.get(name, name)
            for sentence in [said] if isinstance(said, str) else said:
                self.add_error(field if field in self.fields else None, sentence)
