"""Four days of two fleets in real money and one in play money, with every kind of line.

Days 1 and 2 are closed, 3 and 4 are open. A pod of `llama-a` goes from 22:00 of day 1 to
02:00 of day 2 and is half idle; a discount of 15 % begins on day 2; `qwen-b` runs on day 3
and has no line yet. The bill of day 1 comes on day 2 and again on day 3, when both days are
closed. Day 4 is empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from economics.calc.hours import DAY, HOUR, day_bounds
from economics.models import (
    BookImport,
    ResourceCostLine,
    Scope,
    Statement,
    VarianceLine,
)
from economics.selectors.profit.scope import Wanted
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day
from economics.services.counting import count_usage
from economics.services.expenses import Belongs, ExpenseSpec, book_expense
from economics.services.pod_use import book_pod_use
from fleet.models import Deployment, Pod, ResourceStatus
from tests import factories
from tests.economics.services.bills import SaidBill
from tests.fleet.services.resource_rows import make_endpoint, make_volume

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Story:
    """`days`: the four of them; `now`: noon of the third, when `qwen-b` runs."""

    days: tuple[date, date, date, date]
    llama: Deployment
    qwen: Deployment
    play: Deployment

    @property
    def now(self) -> datetime:
        return self.at(3, 12)

    def at(self, day: int, hour: int, minute: int = 0) -> datetime:
        return day_bounds(self.days[day - 1]).start + hour * HOUR + minute * MINUTE

    def wanted(self, **address: object) -> Wanted:
        """What an address asks for; without days all four."""
        days = {"first": self.days[0], "last": self.days[3]}
        asked = {key: str(value) for key, value in (days | address).items()}
        return Wanted.of(asked, today=self.days[3])


def tell(last: date) -> Story:
    """The rows of the four days up to `last`."""
    days = (last - 3 * DAY, last - 2 * DAY, last - DAY, last)
    made_at = day_bounds(days[0]).start
    first = factories.make_fleet(slug="tier-1", name="Tier 1")
    columns = {"created_at": made_at, "peak_tokens_per_second": Decimal(1000)}
    story = Story(
        days=days,
        llama=factories.make_deployment(fleet=first, slug="llama-a", **columns),
        qwen=factories.make_deployment(
            fleet=factories.make_fleet(slug="tier-2", name="Tier 2"),
            slug="qwen-b",
            **columns,
        ),
        play=factories.make_deployment(
            fleet=factories.make_fleet(slug="play", name="Play", simulated=True),
            slug="play-c",
            **columns,
        ),
    )
    for each in (story.llama, story.qwen, story.play):
        factories.make_price(
            served_model=each.variant.served_model,
            valid_from=made_at,
            discount_fraction=Decimal("0.15"),
            discount_from=story.at(2, 0),
            discount_funding="ours",
        )
    book_others(story)
    night = pod_of(story.llama, story.at(1, 22), 4 * HOUR)
    pod_of(story.play, story.at(1, 9), HOUR + 17 * MINUTE)
    bill = SaidBill()
    accrue(story.at(2, 3))
    bill.say(night, story.at(1, 22), "0.70", "0.01")
    close_day(days[0], story.at(2, 0, 20))
    read_billing(provider=bill, now=story.at(2, 5))  # type: ignore[arg-type]
    close_day(days[1], story.at(3, 0, 20))
    bill.say(night, story.at(1, 22), "0.731234", "0.01")
    read_billing(provider=bill, now=story.at(3, 1))  # type: ignore[arg-type]
    pod_of(story.qwen, story.at(3, 9, 50), 3 * HOUR + 7 * MINUTE)
    count_usage(story.at(3, 11))
    accrue(story.at(3, 11))
    book_pod_use(story.at(3, 10, 50))
    return story


def pod_of(deployment: Deployment, start: datetime, lasts: timedelta) -> Pod:
    """A pod that is ready after 10 minutes, and serves in the first half of each hour."""
    pod = factories.make_pod(
        deployment=deployment,
        requested_at=start,
        billed_from=start,
        ready_at=start + 10 * MINUTE,
        billed_until=start + lasts,
        container_disk_gb=73,
    )
    served = 0
    for minute in range(10, int(lasts / MINUTE) + 1):
        at = start + minute * MINUTE
        served += 70_000 if at.minute < 30 else 0
        if 45 <= at.minute < 50:
            continue  # nobody looks
        factories.make_sample(
            pod,
            at=at,
            process_started_at=start,
            prompt_tokens=served * 3,
            cached_prompt_tokens=served,
            completion_tokens=served,
        )
    return pod


def book_others(story: Story) -> None:
    """A volume, an endpoint's bill, expenses of each owner, and a statement's variance."""
    made_at = story.at(1, 0)
    make_volume(
        deployment=story.llama,
        size_gb=73,
        status=ResourceStatus.ENDED,
        provider_id="vol1",
        billed_from=made_at,
        billed_until=story.at(3, 12, 40),
    )
    endpoint = make_endpoint(
        deployment=story.llama, status=ResourceStatus.LIVE, billed_from=made_at
    )
    for day, usd in ((1, "0.30"), (3, "0.123457")):
        start = story.at(day, 4)
        ResourceCostLine.objects.create(
            deployment=story.llama,
            endpoint=endpoint,
            hour_start=start,
            period_start=start,
            period_end=start + HOUR,
            seconds=0,
            amount_usd=Decimal(usd),
            billed_usd=Decimal(usd),
            provenance="billed",
            day=story.days[day - 1],
            booked_at=start,
        )
    llama = story.llama
    for number, belongs in enumerate(
        (
            Belongs(Scope.ALL, simulated=False),
            Belongs(Scope.FLEET, simulated=False, fleet_id=llama.fleet_id),
            Belongs(Scope.DEPLOYMENT, False, llama.fleet_id, llama.pk),
            Belongs(Scope.ALL, simulated=True),
        )
    ):
        spec = ExpenseSpec(
            spent_on=story.days[0],
            last_day=story.days[2],
            amount_usd=Decimal("1.00") + number,
            category="hosting",
            description=f"=expense {number}",
            belongs=belongs,
        )
        book_expense(spec, key=f"{number:020}", acting_user="ada", now=made_at)
    statement = Statement.objects.create(
        market="openrouter",
        month=story.days[0].replace(day=1),
        version=1,
        simulated=False,
        gross_usd=0,
        fee_usd=0,
        net_usd=0,
        book_import=BookImport.objects.create(
            kind="statement",
            sha256="0" * 64,
            name="s.csv",
            row_count=1,
            acting_user="ada",
            imported_at=made_at,
        ),
        imported_at=made_at,
    )
    for day, owner, usd in ((1, llama, "-0.05"), (3, None, "0.02")):
        VarianceLine.objects.create(
            statement=statement,
            month=statement.month,
            deployment=owner,
            simulated=False,
            amount_usd=Decimal(usd),
            day=story.days[day - 1],
            booked_at=made_at,
        )
