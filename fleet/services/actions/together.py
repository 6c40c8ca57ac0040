"""Several costed actions as one plan: each planned by its own code, weighed together.

Every part is a plan of its own kind, and becomes an action of its own; what is shared is
the sheet, the total, the veto over the sum, and the confirmation: all of it or nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.core import signing
from django.db import transaction

from fleet.models import Action, ActionKind
from fleet.selectors.providers import main_provider
from fleet.services import spending
from fleet.services.actions import figures
from fleet.services.actions.confirm import (
    check_allowed,
    check_key,
    check_unused,
    do,
    lock_confirmations,
)
from fleet.services.actions.ending import wanted_after
from fleet.services.actions.kinds import plan_action
from fleet.services.actions.plan import (
    AccountChange,
    Change,
    Confirmation,
    CostedPlan,
    PlanMoved,
    Shown,
    check_unmoved,
    unseal,
)
from fleet.services.launch_guard import Beside, LaunchGuard, LaunchRequest
from fleet.services.refused import Refused

SALT = "fleet.joint-action"
MOST_PARTS = 50
Asked = tuple[ActionKind, Mapping[str, str]]  # an action and what it is planned from


@dataclass(frozen=True, slots=True)
class Account:
    """What all parts together do to the account at one provider."""

    provider: str
    change: AccountChange


@dataclass(frozen=True, slots=True)
class JointPlan:
    """A dry run of several actions.

    parts    each as its own sheet would show it
    blocked  why the sum of the new rent may not be added now; "" when it may
    """

    parts: tuple[CostedPlan, ...]
    accounts: tuple[Account, ...]
    blocked: str
    quoted_at: datetime

    @property
    def added_usd_per_hour(self) -> Decimal:
        """New rent of all parts [USD/h]."""
        return sum((each.added_usd_per_hour for each in self.parts), Decimal(0))

    @property
    def saved_usd_per_hour(self) -> Decimal:
        """Rent that ends with all parts [USD/h]."""
        return sum((each.saved_usd_per_hour for each in self.parts), Decimal(0))

    @property
    def delta_usd_per_hour(self) -> Decimal:
        return self.added_usd_per_hour - self.saved_usd_per_hour

    @property
    def delta_usd_per_day(self) -> Decimal:
        """The same a day [USD/day], each part over its own hours."""
        return sum((each.delta_usd_per_day for each in self.parts), Decimal(0))

    @property
    def spent_usd(self) -> Decimal:
        """What the pods that end have cost so far [USD]."""
        return sum((each.spent_usd for each in self.parts), Decimal(0))

    @property
    def shared(self) -> tuple[str, ...]:
        """Sentences that are true of every part, where there is more than one."""
        first, *others = [(*each.losses, *each.notes) for each in self.parts]
        return tuple(
            said for said in first if others and all(said in each for each in others)
        )

    def seal(self) -> str:
        """All parts as one signed text."""
        return signing.dumps([each.seal() for each in self.parts], salt=SALT, compress=True)


class PartsRefused(Refused):
    """Which parts can not be planned, each with its name and its sentence.

    is_of_a_field  whether one of them is asked for wrongly, such as by a name that does
                   not exist; else none may be done as things are
    """

    def __init__(
        self, faults: Sequence[tuple[str, str]], *, is_of_a_field: bool = False
    ) -> None:
        self.faults = tuple(faults)
        self.is_of_a_field = is_of_a_field
        super().__init__({"": [f"{name}: {said}" for name, said in faults]})


class JointPlanMoved(Refused):
    """What was shown is no longer what would happen; `plan` is what would happen now."""

    def __init__(self, sentence: str, plan: JointPlan) -> None:
        super().__init__({"": [sentence]})
        self.plan = plan


def plan_together(
    asked: Sequence[Asked], *, guard: LaunchGuard, now: datetime
) -> JointPlan:
    """What these actions would do and cost, together.

    Each is planned as if it were alone, but for the guard: what it is asked about is kept,
    and asked again with the new rent of all the others beside it. Raises PartsRefused
    with every part that can not be planned, Refused for none or too many.
    """
    check_count(len(asked))
    parts, requests, faults = [], [], []
    is_of_a_field = False
    for kind, parameters in asked:
        kept: list[LaunchRequest] = []
        try:
            part = plan_action(kind, parameters, guard=keeping(kept), now=now)
        except Refused as refusal:
            faults.append((named_in(parameters), str(refusal)))
            is_of_a_field |= any(refusal.errors)
            continue
        parts.append(part)
        requests += kept
    if faults:
        raise PartsRefused(faults, is_of_a_field=is_of_a_field)
    parts = in_turn(parts)
    return JointPlan(
        parts=tuple(parts),
        accounts=accounts_of(parts, now=now),
        blocked=vetoed_together(parts, requests, guard=guard),
        quoted_at=now,
    )


def check_count(count: int) -> None:
    """Raises Refused for nothing, and for more than a sheet can be read."""
    if not count:
        raise Refused.because("Nothing is selected; tick what is meant.", field="selected")
    if count > MOST_PARTS:
        raise Refused.because(
            f"{count} are selected; at most {MOST_PARTS} are planned together.",
            field="selected",
        )


def named_in(parameters: Mapping[str, str]) -> str:
    """The deployment or pod that an action is about."""
    return parameters.get("pod") or parameters.get("deployment") or "?"


def keeping(kept: list[LaunchRequest]) -> LaunchGuard:
    """A guard that keeps what it is asked and forbids nothing."""

    def guard(request: LaunchRequest) -> str | None:
        kept.append(request)
        return None

    return guard


def vetoed_together(
    parts: Iterable[CostedPlan], requests: Sequence[LaunchRequest], *, guard: LaunchGuard
) -> str:
    """Why the new rent of all parts may not be added now; "" where it may.

    What a plan itself is blocked by, such as the switch, comes first.
    """
    alone = next((part.blocked for part in parts if part.blocked), "")
    if alone:
        return alone
    for n, request in enumerate(requests):
        beside = tuple(
            Beside(each.deployment_id, each.provider, each.usd_per_hour)
            for each in (*requests[:n], *requests[n + 1 :])
        )
        said = spending.refusal(replace(request, beside=beside), guard=guard)
        if said:
            return said
    return ""


def in_turn(parts: Sequence[CostedPlan]) -> list[CostedPlan]:
    """The parts as they follow one another: of pods that end in one deployment, each
    begins with the number of replicas that the one before leaves."""
    numbers: dict[int, tuple[int, int]] = {}  # by deployment: wanted, live
    found = []
    for part in parts:
        deployment = part.deployment
        if part.kind == ActionKind.TERMINATE and deployment is not None:
            wanted, live = numbers.get(deployment.pk) or (
                deployment.replicas,
                deployment.pods.wanted().count(),
            )
            after = wanted_after(wanted, live)
            numbers[deployment.pk] = (after, live - 1)
            change = Change(f"replicas of {deployment.slug}", str(wanted), str(after))
            part = replace(part, changes=(change,))
        found.append(part)
    return found


def accounts_of(parts: Iterable[CostedPlan], *, now: datetime) -> tuple[Account, ...]:
    """The account at each provider that the parts touch; the main one at least."""
    added: defaultdict[str, Decimal] = defaultdict(Decimal, {main_provider(): Decimal(0)})
    saved: defaultdict[str, Decimal] = defaultdict(Decimal)
    for part in parts:
        payer = main_provider()
        if part.deployment is not None:
            payer = figures.renting_provider(part.deployment)
        added[payer] += part.added_usd_per_hour
        # What is not of pods is of endpoints, which have one account.
        rest = part.saved_usd_per_hour - figures.billed_usd_per_hour(part.pods)
        for name, usd in figures.saved_by_account(part.pods, also=rest).items():
            saved[name] += usd
    touched = [name for name in {**added, **saved} if added[name] or saved[name]]
    return tuple(
        Account(
            name,
            figures.account_change(
                added=added[name], saved=saved[name], provider=name, now=now
            ),
        )
        for name in touched or [main_provider()]
    )


def unseal_together(text: str) -> list[Shown]:
    """What was shown of each part. Raises Refused when the text was not made here."""
    try:
        sealed = signing.loads(text, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise Refused.because("This plan was not made here; make it again.") from None
    return [unseal(each) for each in sealed]


def confirm_together(
    sealed: str, confirmed: Confirmation, *, guard: LaunchGuard, now: datetime
) -> list[Action]:
    """Do all that was shown, once, or nothing; the same key again gives the same actions.

    Raises JointPlanMoved, with the new plan, when the shown one is over five minutes old
    or a part of it moved; KeyUsed when the key confirmed one action alone; Refused when
    a part may not be done. Then nothing was changed.
    """
    check_key(confirmed)
    known = actions_of(confirmed.key)
    if known:
        return known
    shown = unseal_together(sealed)
    asked = [(each.kind, each.parameters) for each in shown]
    with transaction.atomic():
        lock_confirmations()
        known = actions_of(confirmed.key)
        if known:
            return known  # the other half of a double click won
        check_unused(Action.objects.filter(key=confirmed.key))
        plan = plan_together(asked, guard=guard, now=now)
        check_together(shown, plan, confirmed, now=now)
        return [
            do(
                part,
                replace(confirmed, key=part_key(confirmed.key, n)),
                now=now,
                together=confirmed.key,
            )
            for n, part in enumerate(plan.parts)
        ]


def check_together(
    shown: Sequence[Shown], plan: JointPlan, confirmed: Confirmation, *, now: datetime
) -> None:
    """Raises JointPlanMoved where a part is not what was shown, Refused where one may
    not be done."""
    for before, part in zip(shown, plan.parts, strict=True):
        try:
            check_unmoved(before, part, now=now)
        except PlanMoved as moved:
            raise JointPlanMoved(f"{part.target}: {moved}", plan) from None
    if plan.blocked:
        raise Refused.because(f"Not done, because of the {plan.blocked}")
    for part in plan.parts:
        check_allowed(part, confirmed)


def part_key(key: str, n: int) -> str:
    """The key of the n-th action of a confirmation."""
    return hashlib.sha256(f"{key}:{n}".encode()).hexdigest()[:40]


def actions_of(key: str) -> list[Action]:
    """The actions that were confirmed together under a key, in their order."""
    rows = Action.objects.filter(together=key).exclude(together="")
    return list(rows.select_related("deployment__fleet").order_by("pk"))
