"""Which days and whose profit: what the address of a page of profit asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Subquery

from economics.calc.hours import DAY
from economics.models import DayClose
from economics.selectors.day_filter import MOST_DAYS, Window, read_window
from economics.selectors.reconciliation_filter import MOST_CHARACTERS
from fleet.models import Deployment

DAYS_SHOWN = 7


@dataclass(frozen=True)
class Wanted:
    """The UTC days [begin, end], both included, of the deployments that an address asks
    for; `fault`: what could not be read, and nothing is shown then.

    newest_closed  the last closed day; days after it are open. None before the first close
    choices        every deployment of this kind of money
    """

    window: Window
    simulated: bool
    has_both: bool
    fleet: str
    model: str
    deployment: str
    members: Mapping[int, Deployment]
    choices: tuple[Deployment, ...]
    newest_closed: date | None
    fault: str = ""

    @property
    def begin(self) -> date:
        return self.window.begin

    @property
    def end(self) -> date:
        return self.window.end

    @property
    def money(self) -> str:
        return "simulated" if self.simulated else "real"

    @property
    def fleet_id(self) -> int | None:
        """The fleet that is asked for as a whole, with what it shares."""
        if not self.fleet or self.model or self.deployment:
            return None
        return next((each.fleet_id for each in self.members.values()), None)

    @property
    def is_whole(self) -> bool:
        """All of this kind of money, with what all share."""
        return not (self.fleet or self.model or self.deployment)

    @property
    def first_open(self) -> date:
        """The first day of the window that is not closed; after its end, if all are."""
        if self.newest_closed is None:
            return self.begin
        return max(self.begin, self.newest_closed + DAY)

    @property
    def day_count(self) -> int:
        return (self.end - self.begin).days + 1

    def address(self, **changes: Any) -> str:
        """The query of an address that asks for the same, with changes; None drops."""
        asked: dict[str, Any] = {
            "money": self.money,
            "first": self.begin,
            "last": self.end,
            "fleet": self.fleet,
            "model": self.model,
            "deployment": self.deployment,
        }
        return urlencode({key: value for key, value in (asked | changes).items() if value})

    @classmethod
    def of(cls, address: Mapping[str, str], *, today: date) -> Wanted:
        """From an address; `day` is short for first and last. One query."""
        names = ("fleet", "model", "deployment")
        fleet, model, slug = (
            address.get(name, "").replace("\x00", "").strip()[:MOST_CHARACTERS]
            for name in names
        )
        newest = DayClose.objects.order_by("-day").values("day")[:1]
        every = list(
            Deployment.objects.select_related("fleet", "variant__served_model")
            .annotate(newest_closed=Subquery(newest))
            .order_by("slug")
        )
        kinds = sorted({each.fleet.simulated for each in every}) or [False]
        asked = address.get("money", "") == "simulated"
        simulated = asked if "money" in address and asked in kinds else kinds[0]
        choices = tuple(each for each in every if each.fleet.simulated == simulated)
        window = read_window(address, today=today, days=DAYS_SHOWN)
        members = {
            each.pk: each
            for each in choices
            if fleet in ("", each.fleet.slug)
            and model in ("", each.variant.served_model.slug)
            and slug in ("", each.slug)
        }
        named = [
            f"{name} {word!r}"
            for name, word in zip(names, (fleet, model, slug), strict=True)
            if word
        ]
        fault = window.fault
        if not fault and named and not members:
            fault = f"There is no deployment of {' and '.join(named)} in this money."
        return cls(
            window=window,
            simulated=simulated,
            has_both=len(kinds) > 1,
            fleet=fleet,
            model=model,
            deployment=slug,
            members=members,
            choices=choices,
            newest_closed=every[0].newest_closed if every else None,
            fault=fault,
        )


__all__ = ["DAYS_SHOWN", "MOST_DAYS", "Wanted"]
