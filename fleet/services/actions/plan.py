"""The plan of a costed action: what it would do and cost, by the code that will do it.

Nothing is saved before the confirmation. The plan travels through the browser as a
signed text, so that what is confirmed is what was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core import signing

from fleet.models import ActionKind, BalanceReading, Deployment, Orphan, Pod
from fleet.services.order_spot import PlanSpot
from fleet.services.ordering import OrderPlan
from fleet.services.refused import Refused

SALT = "fleet.costed-action"
PLAN_LIFE = timedelta(minutes=5)  # an older price is asked for again
DRIFT_ALLOWED = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes another."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What an action does to the whole account.

    usd_per_hour_*  [USD/h] of all that may be billed, disks and orphans included
    runway_hours_*  [h] how long the balance lasts; None when unknown (`reason`) or when
                    nothing is spent
    """

    usd_per_hour_before: Decimal
    usd_per_hour_after: Decimal
    balance: BalanceReading | None
    runway_hours_before: Decimal | None
    runway_hours_after: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that only the confirmation brings, because no plan may carry a secret."""

    name: str
    label: str
    help: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who confirms, under which key, with which answers to what the plan asks.

    token  the API token that it came with, for the audit; "" from a page or a terminal
    """

    acting_user: str
    key: str
    answers: Mapping[str, str]
    request_id: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class CostedPlan:
    """A dry run of one action.

    added_usd_per_hour  [USD/h] new rent with its disks, at today's price or, where the
                        catalog has none, at most
    saved_usd_per_hour  [USD/h] rent that ends
    hours_per_day       [h/day] in which the deployment rents
    usd_per_day         [USD/day] what it adds, where that is no price times those hours
    spent_usd           [USD] what the pods that end have cost so far
    price_read_at       when the price of new rent was read; None where none is needed
    blocked             why it may not be confirmed now; "" when it may
    typed               what the operator must type, where something is lost for good
    undo                that it can be taken back for free; "" where it can not
    undo_parameters     of the same kind of action, which take it back
    columns             what is written, for a kind that writes columns
    endpoint            what becomes of a serverless endpoint: "set up", "ended", "changed"
    """

    kind: ActionKind
    parameters: Mapping[str, str]
    target: str
    title: str
    button: str
    account: AccountChange
    quoted_at: datetime
    changes: tuple[Change, ...] = ()
    added_usd_per_hour: Decimal = Decimal(0)
    saved_usd_per_hour: Decimal = Decimal(0)
    hours_per_day: Decimal = Decimal(24)
    usd_per_day: Decimal | None = None
    spent_usd: Decimal = Decimal(0)
    price_read_at: datetime | None = None
    losses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    blocked: str = ""
    typed: str = ""
    asks: tuple[Ask, ...] = ()
    undo: str = ""
    undo_parameters: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)
    deployment: Deployment | None = None
    replicas: int | None = None
    new_pods: int = 0
    pods: tuple[Pod, ...] = ()
    order: OrderPlan | None = None
    endpoint: str = ""
    orphan: Orphan | None = None
    spot: PlanSpot | None = None

    @property
    def delta_usd_per_hour(self) -> Decimal:
        """What the action adds to the spend [USD/h]; negative where it saves."""
        return self.added_usd_per_hour - self.saved_usd_per_hour

    @property
    def delta_usd_per_day(self) -> Decimal:
        """The same over the hours of a day in which it rents [USD/day]."""
        if self.usd_per_day is not None:
            return self.usd_per_day
        return self.delta_usd_per_hour * self.hours_per_day

    @property
    def price_age_seconds(self) -> int | None:
        """How old the price was when the plan was made."""
        if self.price_read_at is None:
            return None
        return int((self.quoted_at - self.price_read_at).total_seconds())

    @property
    def changes_in_words(self) -> str:
        """What becomes what: "replicas 1 to 2"."""
        return "; ".join(
            f"{each.what} {each.before} to {each.after}" for each in self.changes
        )

    def seal(self) -> str:
        """The plan as signed text: the action, the money shown, and when."""
        return signing.dumps(
            {
                "kind": self.kind.value,
                "parameters": dict(self.parameters),
                "added": str(self.added_usd_per_hour),
                "saved": str(self.saved_usd_per_hour),
                "changes": self.changes_in_words,
                "quoted_at": self.quoted_at.isoformat(),
            },
            salt=SALT,
            compress=True,
        )

    def record(self) -> dict[str, Any]:
        """The figures and sentences that are kept with the action and its audit row."""
        account = self.account
        return {
            "usd_per_hour": self.delta_usd_per_hour,
            "usd_per_day": self.delta_usd_per_day,
            "account_usd_per_hour_before": account.usd_per_hour_before,
            "account_usd_per_hour_after": account.usd_per_hour_after,
            "balance_usd": account.balance.balance_usd if account.balance else None,
            "runway_hours_after": account.runway_hours_after,
            "price_age_seconds": self.price_age_seconds,
            "spent_usd": self.spent_usd or None,
            "changes": self.changes_in_words,
            "lost": " ".join(self.losses) or None,
            **({"endpoint": self.endpoint} if self.endpoint else {}),
            **({"undo": dict(self.undo_parameters)} if self.undo else {}),
        }


class PlanMoved(Refused):
    """What was shown is no longer what would happen; `plan` is what would happen now."""

    def __init__(self, sentence: str, plan: CostedPlan) -> None:
        super().__init__({"": [sentence]})
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Shown:
    """What an operator was shown and confirms."""

    kind: ActionKind
    parameters: Mapping[str, str]
    added_usd_per_hour: Decimal
    saved_usd_per_hour: Decimal
    changes: str
    quoted_at: datetime


def unseal(text: str) -> Shown:
    """What was shown. Raises Refused when the text was not made here."""
    try:
        said = signing.loads(text, salt=SALT)
        return Shown(
            kind=ActionKind(said["kind"]),
            parameters=said["parameters"],
            added_usd_per_hour=Decimal(said["added"]),
            saved_usd_per_hour=Decimal(said["saved"]),
            changes=said["changes"],
            quoted_at=datetime.fromisoformat(said["quoted_at"]),
        )
    except (signing.BadSignature, KeyError, ValueError, ArithmeticError):
        raise Refused.because("This plan was not made here; make it again.") from None


def check_unmoved(shown: Shown, plan: CostedPlan, *, now: datetime) -> None:
    """Raises PlanMoved for a plan too old, of another change, or off by over 2 %."""
    if now - shown.quoted_at > PLAN_LIFE:
        raise PlanMoved(
            f"This plan is of {shown.quoted_at:%H:%M:%S} UTC, more than 5 minutes old; "
            "look at today's figures and confirm again.",
            plan,
        )
    if plan.changes_in_words != shown.changes:
        raise PlanMoved(
            f"Shown was {shown.changes}; now it would be {plan.changes_in_words}, because "
            "somebody else changed it meanwhile. Look at it again and confirm.",
            plan,
        )
    pairs = (
        ("costs", shown.added_usd_per_hour, plan.added_usd_per_hour),
        ("saves", shown.saved_usd_per_hour, plan.saved_usd_per_hour),
    )
    for verb, before, now_ in pairs:
        if abs(now_ - before) > before * DRIFT_ALLOWED:
            raise PlanMoved(
                f"What it {verb} moved from {before:.4f} to {now_:.4f} USD/h since the "
                "plan was shown; look at it again and confirm.",
                plan,
            )
