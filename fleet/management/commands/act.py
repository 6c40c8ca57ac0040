"""`manage.py act scale deployment=llama-a replicas=2`: a costed action at the terminal."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.models import ActionKind
from fleet.services.actions import (
    KINDS,
    TYPED,
    Confirmation,
    CostedPlan,
    confirm,
    plan_action,
)
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.tasks import reconcile
from fleet.templatetags.numbers import hours, money
from fleet.views.doorbell import ring

KEY_BYTES = 20


class Command(BaseCommand):
    """Plan an action and print it; with --confirm USER do it.

    The plan is that of the page. It is made, shown and confirmed in one run, so that its
    price is of now; a guardrail that forbids it on the page forbids it here.
    """

    help = "Plan a costed action, and do it with --confirm USER."

    def add_arguments(self, parser: CommandParser) -> None:
        """The kind, its parameters as name=value, and who confirms."""
        parser.add_argument("kind", choices=[kind.value for kind in ActionKind])
        parser.add_argument("parameters", nargs="*", metavar="name=value")
        parser.add_argument("--confirm", metavar="USER", help="do it, as this user")
        parser.add_argument("--type", default="", help="what the plan asks to be typed")
        parser.add_argument("--key", default="", help="of the confirmation; does it once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the plan; confirm it where asked. CommandError says what is wrong."""
        kind = ActionKind(options["kind"])
        now = timezone.now()
        try:
            parameters = named(kind, options["parameters"])
            plan = plan_action(kind, parameters, guard=configured_guard(), now=now)
            self.stdout.write(described(plan))
            if not options["confirm"]:
                self.stdout.write("Nothing was changed. Do it with --confirm USER.")
                return
            who = Confirmation(
                acting_user=options["confirm"],
                key=options["key"] or secrets.token_hex(KEY_BYTES),
                answers={TYPED: options["type"]},
            )
            action = confirm(plan.seal(), who, guard=configured_guard(), now=now)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from None
        ring(reconcile)
        self.stdout.write(f"Confirmed as action {action.pk}: /actions/{action.pk}/")


def named(kind: ActionKind, words: list[str]) -> dict[str, str]:
    """Parameters from `name=value`. Raises Refused for a name that the kind has not."""
    parameters = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in KINDS[kind].fields:
            known = ", ".join(f"{field}=…" for field in KINDS[kind].fields)
            raise Refused.because(
                f"{word!r} is not understood; {kind.value} takes {known}."
            )
        parameters[name] = value
    return parameters


def described(plan: CostedPlan) -> str:
    """A plan as lines to read."""
    account = plan.account
    runway = (
        f"{hours(account.runway_hours_after)}"
        if account.runway_hours_after is not None
        else account.reason or "no spend"
    )
    lines = [
        plan.title,
        f"  change        {plan.changes_in_words or 'none'}",
        f"  costs         {money(plan.added_usd_per_hour, most=4)}/h",
        f"  saves         {money(plan.saved_usd_per_hour, most=4)}/h",
        f"  per day       {money(plan.delta_usd_per_day)}",
        f"  account       {money(account.usd_per_hour_before, most=4)}/h to "
        f"{money(account.usd_per_hour_after, most=4)}/h",
        f"  balance lasts {runway}",
    ]
    lines += [f"  warning       {words}" for words in plan.warnings]
    lines += [f"  lost          {words}" for words in plan.losses]
    if plan.blocked:
        lines.append(f"  refused now   because of the {plan.blocked}")
    return "\n".join(lines)
