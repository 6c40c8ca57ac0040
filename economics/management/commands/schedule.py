"""Plan a schedule at a terminal: which replicas should run in which hour."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from economics.selectors.plan_facts import model_facts
from economics.selectors.planned_models import like, planned_model
from economics.selectors.schedules.answer import schedule_answer
from economics.selectors.schedules.demand_file import MOST_BYTES, FileDemand, read_demand
from economics.selectors.schedules.problem import asked_problem, first_hour
from economics.selectors.schedules.question import (
    FIELDS,
    FILES,
    SOURCES,
    TEXTS,
    UNKNOWN_HOURS,
    ScheduleQuestion,
    ScheduleRefused,
    schedule_question,
)
from economics.selectors.schedules.risk import SEED, risk_facts, seed_of
from fleet.csv_files import FileRefused, refuse_too_large
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring


class Command(BaseCommand):
    help = (
        "The schedule of replicas per hour that earns most for MODEL, with what is proven "
        "about it and four rules of thumb beside it. Rents nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help="a model's slug, such as llama-3.1-8b")
        parser.add_argument("--source", default="", help=f"demand: {', '.join(SOURCES)}")
        parser.add_argument("--file", default="", help="of a csv or trace, its path")
        parser.add_argument(
            "--unknown", default="", help=f"hours: {', '.join(UNKNOWN_HOURS)}"
        )
        parser.add_argument("--allowed", default="", help="hours of the day (UTC): 8-20")
        parser.add_argument(
            "--simulated", action="store_true", help="the history of simulated fleets"
        )
        parser.add_argument(
            "--risk",
            action="store_true",
            help="also what happens when the inputs come otherwise, and what each limit is "
            "worth; takes up to half a minute more",
        )
        parser.add_argument("--seed", default="", help=f"of --risk: {SEED.line}")
        parser.add_argument("--json", action="store_true", help="machine-readable")
        for field in FIELDS:
            flag = f"--{field.name.replace('_', '-')}"
            parser.add_argument(flag, dest=field.name, default="", help=field.line)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        question = self.question(options)
        try:
            seed = seed_of(options["seed"])
        except ValueError as wrong:
            raise CommandError(f"--seed: {wrong}") from None
        model = planned_model(question.model)
        if model is None:
            near = " or ".join(like(question.model))
            hint = f"did you mean {near}?" if near else "the plan page lists all."
            raise CommandError(f"Model {question.model[:60]!r} is unknown; {hint}")
        facts = model_facts(model, now=first_hour(now))
        asked = asked_problem(
            question,
            facts,
            now=now,
            simulated=options["simulated"],
            file=self.file_of(question, options["file"]),
        )
        if asked.speeds_missing:
            want(list(asked.speeds_missing)[:MOST_WANTED], now=now)
            ring(estimate_speeds)
        risk = None
        if options["risk"]:
            risk = risk_facts(asked, seed=seed, now=now, simulated=options["simulated"])
        told = schedule_answer(asked, risk=risk)
        if options["json"]:
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        elif told["state"] == "solved":
            self.print_table(told)
        else:
            raise CommandError("\n".join(told["sentences"]))

    def question(self, options: dict[str, Any]) -> ScheduleQuestion:
        """The checked question. Raises CommandError with every sentence, by its option."""
        names = (*TEXTS, *(each.name for each in FIELDS))
        try:
            return schedule_question({name: options[name] for name in names})
        except ScheduleRefused as refused:
            raise CommandError(
                "\n".join(
                    f"--{name.replace('_', '-')}: {line}"
                    for name, line in refused.errors.items()
                )
            ) from None

    def file_of(self, question: ScheduleQuestion, path: str) -> FileDemand | None:
        """The demand of the file, where the source is one. Raises CommandError."""
        if question.source not in FILES or not path:
            return None
        try:
            with Path(path).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
            refuse_too_large(len(content), most=MOST_BYTES)
            return read_demand(content, name=Path(path).name, kind=question.source)
        except OSError as error:
            raise CommandError(f"--file: {path} can not be read: {error}") from error
        except FileRefused as refusal:
            raise CommandError(f"--file: {refusal}") from refusal

    def print_table(self, told: dict[str, Any]) -> None:
        """The hours in which anything changes, then the money and the rules of thumb."""
        for each in told["inputs"]:
            self.stdout.write(
                f"{each['name']}: {each['value']} ({each['source']}, {each['age']}; "
                f"{each['tag']})"
            )
        for each in told["candidates"]:
            rent = Decimal(each["usd_per_hour"])
            self.stdout.write(
                f"{each['words']}: ${rent:.4f}/h ({each['price_source']}, "
                f"{each['price_age']}); stock {each['stock']}"
            )
        words = [each["words"] for each in told["candidates"]]
        before: list[int] = []
        for hour in told["hours"]:
            if hour["replicas"] != before:
                before = hour["replicas"]
                runs = [
                    f"{n} of {word}" for n, word in zip(before, words, strict=True) if n
                ]
                self.stdout.write(
                    f"from {hour['at'][:16]} UTC: {'; '.join(runs) or 'no replica'}"
                )
        self.stdout.write(f"profit ${told['profit_usd']}. {told['sentences'][0]}")
        for rule in told["rules"]:
            earned = "—" if rule["profit_usd"] is None else f"${rule['profit_usd']}"
            why = " ".join([rule["setting"], *rule["breaks"], rule["why_not"]]).strip()
            self.stdout.write(f"  {rule['rule']}: {earned} ({why})")
        if "risk" in told:
            self.print_risk(told["risk"])

    def print_risk(self, risk: dict[str, Any]) -> None:
        """Each schedule in the same worlds, what moves it, and what limits are worth."""
        self.stdout.write(
            f"In {risk['draws']} worlds from seed {risk['seed']}, P10 / P50 / P90; chance "
            f"to lose more than ${risk['cap_usd']} ({risk['cap_source']}):"
        )
        for each in risk["schedules"]:
            picked = "".join(f"; {name}" for name in each["picked_as"])
            chance, *within = (
                f"{float(each[f'chance_beyond_cap{end}']):.1%}"
                for end in ("", "_least", "_most")
            )
            self.stdout.write(
                f"  {each['name']}: ${each['p10_usd']} / ${each['p50_usd']} / "
                f"${each['p90_usd']}; {chance} ({' to '.join(within)}){picked}"
            )
        for sentence in (*risk["sentences"], risk["certain"]):
            self.stdout.write(sentence)
        tornado = risk["tornado"]
        self.stdout.write(
            f"Each input alone; the schedule earns ${tornado['base_usd']} as asked:"
        )
        for bar in tornado["bars"]:
            ends = (f"{bar[e]['value']}: ${bar[e]['profit_usd']}" for e in ("low", "high"))
            self.stdout.write(f"  {bar['input']}: {'; '.join(ends)} ({bar['source']})")
        for limit in risk["limits"]:
            self.stdout.write(limit["sentence"])
