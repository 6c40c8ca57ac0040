"""What of a deployment's closed days it is judged by; the same for Decide and its days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.gates import Evidence, Policy, trailing_sum
from economics.calc.unknown import Unknown
from economics.selectors.break_even import NEVER_RENTED
from economics.selectors.decisions.books import (
    Books,
    books,
    loss_of,
    mean_of_week,
    paid_hours,
    trailing_mean,
)
from economics.selectors.policies import fleet_policies, policies, policy_of_fleet
from fleet.models import Deployment


@dataclass(frozen=True, slots=True)
class DayFacts:
    """Means of the last closed days. contribution [USD / day], tokens [tokens / day],
    utilization [1], hours [h / day] for which each replica was paid.

    trailing  [USD] contribution of the days that an exit adds up; loss [USD] of all days
    """

    contribution: Evidence
    tokens: Evidence
    utilization: Evidence
    hours: Evidence
    trailing: Evidence
    loss: Evidence


def day_facts(deployment: Deployment, books: Books, policy: Policy) -> DayFacts:
    """Out of books that were read. No query."""
    book, newest = books.of_deployment(deployment.pk), books.newest
    rent: Decimal | Unknown = books.rents.get(deployment.pk, NEVER_RENTED)
    exit_days = int(policy.exit_days)
    trailing = trailing_sum(book.profit, newest=newest, days=exit_days)
    hours = paid_hours(book, newest, rent, deployment.replicas)
    days = {"deployment": deployment.slug}
    return DayFacts(
        contribution=books.seen(trailing_mean(book, newest, exit_days), **days),
        tokens=books.seen(mean_of_week(book.tokens, newest), **days),
        utilization=books.seen(mean_of_week(book.utilization, newest), **days),
        hours=books.seen(hours, **days),
        trailing=books.seen(trailing, **days),
        loss=books.seen(loss_of(book), **days),
    )


def day_facts_of(deployment: Deployment) -> tuple[DayFacts, Policy]:
    """The same of one deployment, with the policy of its fleet. Four queries."""
    known = policies()
    counting = policy_of_fleet(deployment.fleet, known, fleet_policies(known))
    read = books([deployment.fleet], [deployment])
    return day_facts(deployment, read, counting.policy), counting.policy
