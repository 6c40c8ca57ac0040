"""Plan at a terminal: the options of a model, ranked, as the page shows them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from economics.calc.hours import day_of
from economics.calc.unknown import Unknown
from economics.planner.option import PlanOption
from economics.planner.question import PlanQuestion
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.plan_json import plan_json
from economics.selectors.plan_narrowing import Narrowing, narrowed
from economics.selectors.plan_question import FIELDS, MIX, PlanRefused, question_of
from economics.selectors.planned_models import like, planned_model
from economics.selectors.take_rates import TakeRates
from fleet.selectors.speeds import evidence
from fleet.services.jobs import JobFailed
from fleet.services.speeds import MOST_WANTED, answer_wanted, want
from fleet.throughput.speed_question import SpeedQuestion

SHOWN = 25
ROUNDS = 60  # of answering speeds, half a minute each at most


class Command(BaseCommand):
    help = (
        "Every way to serve MODEL with its cost, cheapest token first. The same answer as "
        "the plan page and GET /api/v1/plan."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model's slug, such as llama-3.1-8b")
        parser.add_argument("--gpu", default="", help="only GPUs whose name has this in it")
        parser.add_argument("--count", help="only replicas of so many GPUs")
        parser.add_argument("--precision", default="", help="only these weights: fp8, …")
        parser.add_argument("--json", action="store_true", help="machine-readable")
        parser.add_argument(
            "--changes",
            action="store_true",
            help="also look for the smallest changes that make the others fit",
        )
        for field in (*FIELDS, MIX):
            flag = f"--{field.name.replace('_', '-')}"
            parser.add_argument(flag, dest=field.name, help=field.line)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        facts = self.facts(options["model"])
        question = self.question(options, facts)
        wanted = Narrowing(
            options["gpu"], self.count(options["count"]), options["precision"]
        )
        ask = partial(answer, question, facts, now=now, with_changes=options["changes"])
        every = ask()
        found = narrowed(every, wanted)
        if not every.options:
            raise CommandError("No GPU offer is known; import_offers brings some.")
        if not found.options:
            raise CommandError("No offer matches --gpu, --count and --precision.")
        if found.missing:
            self.work_out(found.missing)
            found = narrowed(ask(), wanted)
        if found.missing:
            self.stderr.write(
                f"{len(found.missing)} speeds are still being worked out; ask again."
            )
        if options["json"]:
            told = plan_json(found, with_changes=options["changes"])
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.print_table(found)

    def facts(self, slug: str) -> ModelFacts:
        """What is known of the model. Raises CommandError for one that is unknown."""
        model = planned_model(slug)
        if model is None:
            near = like(slug)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else "the plan page lists all."
            )
            raise CommandError(f"Model {slug[:60]!r} is unknown; {hint}")
        return model_facts(model, now=timezone.now())

    def question(self, options: dict[str, Any], facts: ModelFacts) -> PlanQuestion:
        """The checked question. Raises CommandError with every sentence, by its option."""
        names = [each.name for each in (*FIELDS, MIX)]
        written = {name: options[name] for name in names if options[name] is not None}
        take_rate = TakeRates().on(day_of(timezone.now()))
        try:
            return question_of(written, facts, take_rate=take_rate)
        except PlanRefused as refused:
            raise CommandError(
                "\n".join(
                    f"--{name.replace('_', '-')}: {line}"
                    for name, lines in refused.errors.items()
                    for line in lines
                )
            ) from None

    def count(self, text: str | None) -> int | None:
        """--count. Raises CommandError for what is no number of GPUs."""
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1024):
            raise CommandError(
                f"--count is {text[:40]!r}; write a number of GPUs: 1 or more."
            )
        return int(text)

    def work_out(self, missing: list[SpeedQuestion]) -> None:
        """Answer the speeds here, as a worker would; others' questions may come first."""
        self.stderr.write(f"working out {len(missing)} speeds …")
        for start in range(0, len(missing), MOST_WANTED):
            want(missing[start : start + MOST_WANTED], now=timezone.now())
        for _ in range(ROUNDS):
            try:
                _, more = answer_wanted(
                    evidence=lambda: evidence(now=timezone.now()), clock=timezone.now
                )
            except JobFailed as trouble:  # those rows are answered as unknown
                self.stderr.write(f"{trouble}")
                more = True
            if not more:
                return

    def print_table(self, found: PlanAnswer) -> None:
        """The first options as lines, and how many there are."""
        self.stdout.write(f"{found.facts.model.name}; prices: {found.prices_source}")
        for option in found.options[:SHOWN]:
            self.stdout.write(plain_line(option))
        if len(found.options) > SHOWN:
            self.stdout.write(
                f"… {len(found.options) - SHOWN} more; --json has them all, --gpu, --count "
                "and --precision choose some"
            )


def plain_line(option: PlanOption) -> str:
    """One option in one line."""
    machine, cost = option.machine, option.ours.cost
    where = f"{machine.provider} {machine.cloud} {machine.kind}".replace("  ", " ")
    shape = f"{machine.gpu_count}x {machine.gpu_name} {machine.precision}"
    if not machine.fitting.ok:
        why = " ".join(machine.fitting.reasons)
        changes = "".join(f" Or: {each}." for each in machine.fitting.changes)
        return f"  no   {shape:<34} {where:<34} {why}{changes}"
    shown = f"— {cost}" if isinstance(cost, Unknown) else f"${cost.blended:.4f}/1M"
    return (
        f"  fits {shape:<34} {where:<34} ${option.usd_per_hour:.2f}/h {shown}  "
        f"{option.ours.verdict}"
    )
