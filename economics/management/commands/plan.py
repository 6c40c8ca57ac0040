"""Plan at a terminal: the options of a model, ranked, as the page shows them."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from economics.planner.option import PlanOption
from economics.planner.question import DEFAULTS, PlanQuestion
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import model_facts
from economics.selectors.plan_json import plan_json
from economics.selectors.planned_models import planned_model
from fleet.selectors.speeds import evidence
from fleet.services.speeds import MOST_WANTED, answer_wanted, want

SHOWN = 25
ROUNDS = 60  # of answering speeds, half a minute each at most
NUMBERS = (
    *("cached_share", "max_tpot_ms", "max_ttft_ms", "gpu_memory_utilization"),
    *("utilization", "take_rate", "hours", "load_gb_per_second", "gpu_price_factor"),
)
WHOLE = ("prompt_tokens", "completion_tokens", "concurrency", "max_model_len", "starts")


class Command(BaseCommand):
    help = (
        "Every way to serve MODEL with its cost, cheapest token first. The same answer as "
        "the plan page and GET /api/v1/plan."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model's slug, such as llama-3.1-8b")
        parser.add_argument("--gpu", default="", help="only GPUs whose name has this in it")
        parser.add_argument("--count", type=int, help="only replicas of so many GPUs")
        parser.add_argument("--precision", default="", help="only these weights: fp8, …")
        parser.add_argument("--mix", default="", help="shares: uncached,cached,completion")
        parser.add_argument("--json", action="store_true", help="machine-readable")
        for name in (*NUMBERS, *WHOLE):
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        model = planned_model(options["model"])
        if model is None:
            raise CommandError(
                f"Model {options['model']!r} is unknown; the plan page lists them all."
            )
        facts = model_facts(model, now=now)
        question = self.question(options, facts.form_defaults)
        found = answer(question, facts, now=now)
        if found.missing:
            want(found.missing[:MOST_WANTED], now=now)
            self.stderr.write(f"working out {len(found.missing)} speeds …")
            for _ in range(ROUNDS):
                _, more = answer_wanted(
                    evidence=lambda: evidence(now=now), clock=timezone.now
                )
                if not more:
                    break
            found = answer(question, facts, now=now)
        kept = [each for each in found.options if self.is_asked_for(each, options)]
        if not kept:
            raise CommandError("No offer matches --gpu, --count and --precision.")
        if options["json"]:
            self.stdout.write(json.dumps(plan_json(found, kept), indent=2))
        else:
            self.print_table(found, kept)

    def question(self, options: dict[str, Any], known: dict[str, Any]) -> PlanQuestion:
        """The checked question. Raises CommandError with every sentence."""
        given = {name: self.number(name, options[name]) for name in (*NUMBERS, *WHOLE)}
        values = DEFAULTS | {"take_rate": settings.TAKE_RATE} | known
        values |= {name: value for name, value in given.items() if value is not None}
        if given["concurrency"] is not None:  # then the latency is what comes of it
            values |= {"max_tpot_ms": None, "max_ttft_ms": None}
        values |= {"model": options["model"], "mix": self.mix(options["mix"])}
        question = PlanQuestion(**values)
        faults = [line for lines in question.faults().values() for line in lines]
        if faults:
            raise CommandError(" ".join(faults))
        return question

    def number(self, name: str, text: str | None) -> Decimal | int | None:
        """An option as a number. Raises CommandError with a sentence."""
        if text is None:
            return None
        flag = f"--{name.replace('_', '-')}"
        try:
            value = Decimal(text)
            if not value.is_finite():
                raise InvalidOperation
            if name in WHOLE and value != value.to_integral_value():
                raise InvalidOperation
        except InvalidOperation:
            kind = "a whole number" if name in WHOLE else "a number"
            raise CommandError(f"{flag} is {text!r}; write {kind}.") from None
        return int(value) if name in WHOLE else value

    def mix(self, text: str) -> tuple[Decimal, ...] | None:
        """Three shares. Raises CommandError with a sentence."""
        if not text:
            return None
        try:
            shares = tuple(Decimal(part) for part in re.split(r"[,;\s]+", text) if part)
        except InvalidOperation:
            shares = ()
        if len(shares) != 3 or not all(share.is_finite() for share in shares):
            raise CommandError(
                f"--mix is {text!r}; write three shares that sum to 1, such as "
                "0.35,0.62,0.03."
            )
        return shares

    def is_asked_for(self, option: PlanOption, options: dict[str, Any]) -> bool:
        """Whether an option is one of those that are to be shown."""
        machine = option.machine
        return (
            options["gpu"].lower() in f"{machine.gpu_type_id} {machine.gpu_name}".lower()
            and options["count"] in (None, machine.gpu_count)
            and options["precision"].lower() in ("", machine.precision)
        )

    def print_table(self, found: PlanAnswer, kept: list[PlanOption]) -> None:
        """The first options as lines, and how many there are."""
        self.stdout.write(f"{found.facts.model.name}; prices: {found.prices_source}")
        for option in kept[:SHOWN]:
            self.stdout.write(plain_line(option))
        if len(kept) > SHOWN:
            self.stdout.write(f"… {len(kept) - SHOWN} more; --json has them all")


def plain_line(option: PlanOption) -> str:
    """One option in one line."""
    machine, cost = option.machine, option.ours.cost
    where = f"{machine.provider} {machine.cloud} {machine.kind}".replace("  ", " ")
    shape = f"{machine.gpu_count}x {machine.gpu_name} {machine.precision}"
    if not machine.fitting.ok:
        return f"  no   {shape:<34} {where:<34} {' '.join(machine.fitting.reasons)}"
    token = getattr(cost, "blended", None)
    shown = f"${token:.4f}/1M" if token is not None else f"— {cost}"
    return (
        f"  fits {shape:<34} {where:<34} ${option.usd_per_hour:.2f}/h {shown}  "
        f"{option.ours.verdict}"
    )
