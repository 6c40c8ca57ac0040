"""Decide at a terminal: goals, deployments and gates, as the page shows them."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from economics.calc.decide import confidence, what_would_change
from economics.calc.decide.candidate import usd
from economics.calc.unknown import Unknown
from economics.selectors.decisions.answer import Decision, decide
from economics.selectors.decisions.as_json import decision_json
from economics.selectors.policies import policies
from economics.services.gates import keep_gates
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring

BY_COMMAND = "command:decide"


class Command(BaseCommand):
    help = (
        "What to do for each goal and with each deployment, and what each gate answers. "
        "The same as the page Decide and GET /api/v1/decide."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--policy", default="", help="safer, or founding-plan")
        parser.add_argument("--json", action="store_true", help="machine-readable")
        parser.add_argument(
            "--keep", action="store_true", help="also keep what the gates answered"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = policies()
        name = options["policy"]
        if name and name not in known:
            raise CommandError(
                f"--policy is {name[:40]!r}; choose one of {', '.join(sorted(known))}."
            )
        now = timezone.now()
        found = decide(now=now, policy=name, known=known)
        if found.missing:
            want(list(found.missing)[:MOST_WANTED], now=now)
            ring(estimate_speeds)
            self.stderr.write(
                f"{len(found.missing)} speeds are being worked out; ask again."
            )
        if options["keep"]:
            rows = keep_gates(found, acting_user=BY_COMMAND, now=now)
            self.stderr.write(f"kept what the gates of {len(rows)} fleets answered")
        if options["json"]:
            told = decision_json(found)
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.print_tables(found)

    def print_tables(self, found: Decision) -> None:
        """Goals, deployments and gates as lines."""
        row, policy = found.policy.row, found.policy.policy
        self.stdout.write(f"By the policy {row.title}, version {row.version}\n")
        for one in found.goals:
            answer = one.answer
            self.stdout.write(f"{answer.goal.title}: {answer.reason}")
            for step in answer.steps:
                word, why = confidence(step.candidate)
                self.stdout.write(f"  confidence {word}: {why}")
            for change in what_would_change(answer, policy)[:1]:
                self.stdout.write(f"  would change it: {change.sentence}")
            for flip in one.flips:
                self.stdout.write(f"  {flip.sentence}")
        for unused in found.unused:
            self.stdout.write(f"Not looked at, {unused.way}: {unused.reason}.")
        for each in found.deployments:
            cell = each.advice.chosen
            money = cell.usd_per_day
            then = "" if isinstance(money, Unknown) else f" ({usd(money)} a day)"
            self.stdout.write(
                f"{each.deployment.slug}: {each.advice.verb}. {cell.reason}{then}"
            )
        for fleet in found.gates:
            self.stdout.write(fleet.title)
            if len(fleet.models) > 1:
                for one_model in fleet.models:
                    name, words = one_model.model.name, one_model.words
                    self.stdout.write(f"  {name}: contribution {words}")
            for gate in fleet.gates:
                self.stdout.write(f"  {gate.title}: {gate.state}")
                for one_condition in gate.deciding:
                    title, words = one_condition.title, one_condition.sentence
                    self.stdout.write(f"    {title}: {words}")
