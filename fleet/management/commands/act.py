"""`manage.py act scale deployment=llama-a replicas=2`: a costed action at the terminal.

Several at once, as on the page: `manage.py act stop deployment=a deployment=b pod=c`.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.models import Action, ActionKind
from fleet.services.actions import (
    KINDS,
    TYPED,
    Confirmation,
    CostedPlan,
    confirm,
    plan_action,
)
from fleet.services.actions.confirm import KEY_LENGTH, KeyUsed, confirmed_under
from fleet.services.actions.plan import AccountChange
from fleet.services.actions.selection import SCALE, START, STOP, Selection, asked_of
from fleet.services.actions.targets import replicas_asked
from fleet.services.actions.together import (
    Asked,
    JointPlan,
    PartsRefused,
    check_count,
    confirm_together,
    plan_together,
)
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.tasks import reconcile
from fleet.templatetags.numbers import hours, money
from fleet.views.doorbell import ring

KEY_BYTES = 20
SHORTEST_KEY = 8
DEED_OF = {  # what is done to several; each becomes an action of its own
    ActionKind.STOP: STOP,
    ActionKind.TERMINATE: STOP,
    ActionKind.START: START,
    ActionKind.SCALE: SCALE,
}
NAMES = ("deployment", "pod")  # may be given more than once
Given = Mapping[str, Sequence[str]]  # each name with all its values


@dataclass(frozen=True, slots=True)
class Order:
    """What the words of the command ask for.

    asked      the actions
    title      of several together; "" for one
    expected   of each action what was said in words, to know it again by its key
    """

    asked: Sequence[Asked]
    title: str
    expected: Sequence[Asked]


class Command(BaseCommand):
    """Plan an action, or several as one, and print it; with --confirm USER do it.

    The plan is that of the page. It is made, shown and confirmed in one run, so that its
    price is of now; a guardrail that forbids it on the page forbids it here.
    """

    help = "Plan a costed action, or several as one, and do it with --confirm USER."

    def add_arguments(self, parser: CommandParser) -> None:
        """The kind, its parameters as name=value, and who confirms."""
        parser.add_argument("kind", choices=[kind.value for kind in ActionKind])
        parser.add_argument(
            "parameters",
            nargs="*",
            metavar="name=value",
            help="deployment= and pod= more than once plan several together",
        )
        parser.add_argument("--confirm", metavar="USER", help="do it, as this user")
        parser.add_argument("--type", default="", help="what the plan asks to be typed")
        parser.add_argument("--key", default="", help="of the confirmation; does it once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the plan; confirm it where asked. CommandError says what is wrong."""
        now = timezone.now()
        try:
            order = order_of(ActionKind(options["kind"]), options["parameters"])
            who = confirmation(options)
            if who and self.was_done(order, who.key):
                return
            plan, text = planned(order, now=now)
            self.stdout.write(text)
            if who is None:
                self.stdout.write("Nothing was changed. Do it with --confirm USER.")
                return
            actions = done(plan, who, now=now)
        except PartsRefused as refusal:
            raise CommandError(parts_refused(refusal)) from None
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from None
        ring(reconcile)
        for each in actions:
            named = f", {each}" if order.title else ""
            self.stdout.write(f"Confirmed as action {each.pk}{named}: /actions/{each.pk}/")

    def was_done(self, order: Order, key: str) -> bool:
        """Whether the key did this before, which is then said. Raises KeyUsed where it
        did something else."""
        actions = confirmed_under(key)
        if not actions:
            return False
        if not is_asked(order, actions):
            raise KeyUsed(actions[0])
        self.stdout.write("Done before under this key; nothing was changed now:")
        for each in actions:
            self.stdout.write(f"  action {each.pk}, {each}: /actions/{each.pk}/")
        return True


def confirmation(options: Mapping[str, Any]) -> Confirmation | None:
    """Who confirms; None where nobody does. Raises Refused for a key that is none."""
    key: str = options["key"] or secrets.token_hex(KEY_BYTES)
    if not SHORTEST_KEY <= len(key) <= KEY_LENGTH or not key.isprintable():
        raise Refused.because(
            f"--key has {len(key)} characters; write {SHORTEST_KEY} to {KEY_LENGTH} that "
            "can be printed."
        )
    if not options["confirm"]:
        return None
    answers = {TYPED: options["type"]}
    return Confirmation(acting_user=options["confirm"], key=key, answers=answers)


def order_of(kind: ActionKind, words: Sequence[str]) -> Order:
    """What the words ask for. Raises Refused for what the kind does not take."""
    given = named(kind, words)
    if is_of_several(kind, given):
        return order_of_several(kind, given)
    check_once(given)
    asked = [(kind, {name: values[0] for name, values in given.items()})]
    return Order(asked, "", asked)


def named(kind: ActionKind, words: Sequence[str]) -> Given:
    """Every `name=value`. Raises Refused for a name that the kind has not."""
    given: defaultdict[str, list[str]] = defaultdict(list)
    known = KINDS[kind].fields
    for word in words:
        name, equals, value = word.partition("=")
        is_pod = name == "pod" and kind in DEED_OF
        if not equals or not (name in known or is_pod):
            takes = ", ".join(f"{field}=…" for field in known)
            raise Refused.because(
                f"{word!r} is not understood; {kind.value} takes {takes}."
            )
        given[name].append(value)
    return given


def is_of_several(kind: ActionKind, given: Given) -> bool:
    """Whether the page would do this on its sheet of several."""
    if kind not in DEED_OF:
        return False
    is_repeated = any(len(given.get(name, ())) > 1 for name in NAMES)
    return is_repeated or ("pod" in given and kind != ActionKind.TERMINATE)


def check_once(given: Given) -> None:
    """Raises Refused for a name that is given twice, of which one value would be lost."""
    for name, values in given.items():
        if len(values) > 1:
            raise Refused.because(
                f"{name} is given {len(values)} times ({', '.join(values)[:80]}); write "
                "it once."
            )


def order_of_several(kind: ActionKind, given: Given) -> Order:
    """The same deed to each deployment and pod. Raises Refused."""
    once = {name: values for name, values in given.items() if name not in NAMES}
    check_once(once)
    for name in once:
        if name != "replicas":
            raise Refused.because(
                f"{name} is of one deployment alone; several take deployment=…, replicas=…."
            )
    for name in NAMES:
        if not all(each.strip() for each in given.get(name, ())):
            raise Refused.because(f"{name}= names nothing; write a name of the fleet page.")
    deed = DEED_OF[kind]
    selection = Selection.of(given.get("deployment", ()), given.get("pod", ()))
    check_count(selection.count)
    replicas = "".join(once.get("replicas", ()))
    if selection.deployments and (once or deed == SCALE):
        replicas = str(replicas_asked({"replicas": replicas}))
    asked = asked_of(deed, selection, replicas=replicas)
    expected = asked if replicas else [(each, without_number(of)) for each, of in asked]
    title = f"{kind.value.capitalize()} {selection.words}{number_words(deed, replicas)}?"
    return Order(asked, title, expected)


def number_words(deed: str, replicas: str) -> str:
    """How many each is to have, where somebody says so."""
    if not replicas:
        return ""
    if deed == SCALE:
        return f" to {replicas}"
    return f" with {replicas} replica{'' if replicas == '1' else 's'} each"


def without_number(parameters: Mapping[str, str]) -> dict[str, str]:
    """What a start names, whose number nobody said."""
    return {name: value for name, value in parameters.items() if name != "replicas"}


def planned(order: Order, *, now: datetime) -> tuple[CostedPlan | JointPlan, str]:
    """The plan as of now, and as lines to read. Raises Refused."""
    if order.title:
        joint = plan_together(order.asked, guard=configured_guard(), now=now)
        return joint, described_together(joint, order.title)
    ((kind, parameters),) = order.asked
    plan = plan_action(kind, parameters, guard=configured_guard(), now=now)
    return plan, described(plan)


def done(
    plan: CostedPlan | JointPlan, who: Confirmation, *, now: datetime
) -> Sequence[Action]:
    """The actions that a plan becomes, all or none. Raises Refused."""
    guard = configured_guard()
    if isinstance(plan, JointPlan):
        parts: Sequence[CostedPlan] = plan.parts
        actions = confirm_together(plan.seal(), who, guard=guard, now=now)
    else:
        parts = [plan]
        actions = [confirm(plan.seal(), who, guard=guard, now=now)]
    wanted = [(each.kind, dict(each.parameters)) for each in parts]
    if wanted != [(each.kind, each.parameters) for each in actions]:
        raise KeyUsed(actions[0])  # by another run, since it was looked for
    return actions


def is_asked(order: Order, actions: Sequence[Action]) -> bool:
    """Whether the actions of a key are those that the words ask for."""
    return len(order.expected) == len(actions) and all(
        action.kind == kind
        and {name: value.strip() for name, value in parameters.items()}.items()
        <= action.parameters.items()
        for (kind, parameters), action in zip(order.expected, actions, strict=True)
    )


def parts_refused(refusal: PartsRefused) -> str:
    """Each part that can not be done, on a line."""
    lines = [f"{len(refusal.faults)} of them can not be done, so nothing is:"]
    lines += [f"  {name}: {sentence}" for name, sentence in refusal.faults]
    return "\n".join([*lines, "Nothing was changed."])


def described(plan: CostedPlan) -> str:
    """A plan as lines to read."""
    lines = [plan.title, *change_lines(plan), *account_lines(plan.account)]
    return "\n".join([*lines, *said_lines(plan), *refused_lines(plan.blocked)])


def described_together(plan: JointPlan, title: str) -> str:
    """A plan of several as lines to read: each, then what they are together."""
    lines = [title]
    for part in plan.parts:
        lines += [part.target, *change_lines(part), *said_lines(part, but=plan.shared)]
    lines += ["Together", *money_lines(plan)]
    for account in plan.accounts:
        lines += account_lines(account.change, at=f" at {account.provider}")
    lines += [f"  of each       {words}" for words in plan.shared]
    return "\n".join([*lines, *refused_lines(plan.blocked)])


def change_lines(plan: CostedPlan) -> list[str]:
    return [f"  change        {plan.changes_in_words or 'none'}", *money_lines(plan)]


def money_lines(plan: CostedPlan | JointPlan) -> list[str]:
    spent = f"  spent so far  {money(plan.spent_usd)}"
    return [
        f"  costs         {money(plan.added_usd_per_hour, most=4)}/h",
        f"  saves         {money(plan.saved_usd_per_hour, most=4)}/h",
        f"  per day       {money(plan.delta_usd_per_day)}",
        *([spent] if plan.spent_usd else []),
    ]


def said_lines(plan: CostedPlan, *, but: Sequence[str] = ()) -> list[str]:
    """The sentences of a plan, without those that are said of each."""
    said = [("warning", words) for words in plan.warnings]
    said += [("lost", words) for words in plan.losses if words not in but]
    said += [("note", words) for words in plan.notes if words not in but]
    return [f"  {label:14}{words}" for label, words in said]


def refused_lines(blocked: str) -> list[str]:
    return [f"  refused now   because of the {blocked}"] if blocked else []


def account_lines(account: AccountChange, *, at: str = "") -> list[str]:
    """The account before and after, and how long its balance then lasts."""
    runway = account.reason or "no spend"
    if account.runway_hours_after is not None:
        runway = f"{hours(account.runway_hours_after)}"
    return [
        f"  account       {money(account.usd_per_hour_before, most=4)}/h to "
        f"{money(account.usd_per_hour_after, most=4)}/h{at}",
        f"  balance lasts {runway}",
    ]
