"""Whatever the order in which a bill arrives, changes and leaves hours out: closed days
stay, their lines add up to them, and in the end the books say what the bill says."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from economics.calc.hours import HOUR
from economics.models import CostLine, DailyProfit, Scope
from economics.selectors.reconciliation import Asked, State, compared_days
from economics.services.billing import read_billing
from economics.services.close import close_day, due_days
from fleet.models import Pod
from tests.economics.services.bills import SaidBill, booked
from tests.economics.services.rows import DAY, STARTED, at, pod

# Full hours of a pod at $0.74/h with a disk of $0.01/h: as booked, less, more, nothing.
AMOUNTS = st.sampled_from(
    [("0.74", "0.01"), ("0.7", "0.01"), ("0.800001", "0"), ("0", "0")]
)
MOST_HOURS = 40
STORED = ("day", "scope", "cost_usd", "revenue_usd", "profit_usd", "closed_at")


class Bills(RuleBasedStateMachine):
    """Two pods, one bill, one console; everything in a transaction that is undone."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.bill = SaidBill()
        self.now = at(11, 20)
        self.pods = [pod(), pod()]
        self.withheld: list[tuple[Pod, object]] = []
        self.closed: dict[int, tuple] = {}
        for each in self.pods:
            self.bill.say(each, at(10), "0.37", "0.005")

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    @rule(says=st.lists(st.one_of(st.none(), AMOUNTS), min_size=2, max_size=2))
    def an_hour_passes_and_is_billed_or_not(self, says) -> None:
        if self.now >= at(MOST_HOURS):
            return
        hour = self.now - timedelta(minutes=20)
        self.now += HOUR
        for each, said in zip(self.pods, says, strict=True):
            if each.billed_until is not None:
                continue
            if said is None:
                self.withheld.append((each, hour))
            else:
                self.bill.say(each, hour, *said)

    @rule(pick=st.integers(min_value=0), says=AMOUNTS)
    def a_bucket_arrives_late(self, pick, says) -> None:
        if self.withheld:
            late, hour = self.withheld.pop(pick % len(self.withheld))
            self.bill.say(late, hour, *says)

    @rule(pick=st.integers(min_value=0), says=AMOUNTS)
    def a_bucket_changes(self, pick, says) -> None:
        key = list(self.bill.said)[pick % len(self.bill.said)]
        changed = next(each for each in self.pods if each.provider_id == key[0])
        self.bill.say(changed, key[1], *says)

    @rule()
    def the_bill_is_read(self) -> None:
        read_billing(provider=self.bill, now=self.now)

    @rule()
    def due_days_are_closed(self) -> None:
        for day in due_days(self.now):
            close_day(day, self.now)
        rows = DailyProfit.objects.values_list("pk", *STORED)
        for pk, *row in rows:
            self.closed.setdefault(pk, tuple(row))

    @rule(which=st.integers(min_value=0, max_value=1))
    def a_pod_ends(self, which) -> None:
        """At a full hour, so that its last bucket is a whole one."""
        ending = self.pods[which]
        if ending.billed_until is None:
            ending.billed_until = self.now - timedelta(minutes=20)
            ending.save(update_fields=["billed_until"])

    @invariant()
    def closed_days_stay(self) -> None:
        found = DailyProfit.objects.in_bulk(self.closed)
        for pk, row in self.closed.items():
            assert tuple(getattr(found[pk], name) for name in STORED) == row

    @invariant()
    def the_lines_of_a_closed_day_are_its_cost(self) -> None:
        for row in DailyProfit.objects.filter(scope=Scope.DEPLOYMENT):
            lines = CostLine.objects.filter(
                day=row.day, pod__deployment=row.deployment_id
            ).values_list("amount_usd", flat=True)
            assert sum(lines, Decimal(0)) == row.cost_usd

    def settle(self) -> None:
        """All pods end, the bill is read once more, and nothing is open any longer."""
        for which in (0, 1):
            self.a_pod_ends(which)
        self.now += 6 * HOUR
        read_billing(provider=self.bill, now=self.now)
        before = CostLine.objects.count()
        again = read_billing(provider=self.bill, now=self.now)
        assert (again.changed, CostLine.objects.count()) == (0, before)
        assert booked() == self.bill.total()
        asked = Asked(DAY, self.now.date())
        days = compared_days(asked, now=self.now)
        assert sum((each.booked_usd for each in days), Decimal(0)) == booked()
        assert all(not each.states[State.PROVISIONAL] for each in days)


def test_the_books_follow_the_bill_in_whatever_order_it_comes():
    assert at(10, 30) == STARTED
    run_state_machine_as_test(
        Bills,
        settings=settings(max_examples=12, stateful_step_count=16, deadline=None),
    )


@pytest.mark.parametrize("hours", [5, 30])
def test_a_hole_in_a_running_pods_bill_is_taken_back_after_three_hours(hours):
    rented, bill = pod(), SaidBill()
    for hour in range(10, 10 + hours):
        if hour != 11:
            bill.say(rented, at(hour), "0.37" if hour == 10 else "0.74", "0.005")

    read_billing(provider=bill, now=at(10 + hours, 20))

    (hole,) = CostLine.objects.filter(kind="gpu", observation__is_inferred=True)
    assert (hole.hour_start, hole.amount_usd) == (at(11), Decimal("-0.74"))
