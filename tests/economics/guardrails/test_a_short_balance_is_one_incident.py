from datetime import timedelta
from decimal import Decimal

import pytest

from economics.calc.guardrails import Rule
from economics.services.guardrails.check import check
from fleet.models import BalanceReading, Incident, Severity
from fleet.services.alerts.watch import watch
from tests import factories
from tests.economics.guardrails.story import NOW, rented

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def looked(*, at=NOW) -> None:
    """Both who look: the guardrails and the alert rules."""
    check(now=at)
    troubles: list[str] = []
    watch(now=at, troubles=troubles)
    assert troubles == []


def keys() -> list[str]:
    """What was told of money; other rules may tell of jobs and pods."""
    money = Incident.objects.filter(key__regex="runway|balance", closed_at=None)
    return [each.key for each in money if each.opened_at]


@pytest.fixture
def short(deployment, limit) -> None:
    """10 h of balance at $8/h, below the warning and above the refusal."""
    rented(deployment)
    limit(Rule.RUNWAY, warn="24", refuse="1")
    factories.make_balance(balance_usd=Decimal(80), read_at=NOW)
    factories.make_job_run("list_cloud", started_at=NOW)


def test_a_short_balance_is_told_once_with_its_numbers(short):
    looked()
    looked(at=NOW + 20 * MINUTE)

    incident = Incident.objects.get(key__regex="runway|balance")
    assert incident.key == "guardrail-runway:all"
    assert incident.severity == Severity.WARNING
    assert "10.00 h" in incident.detail and "24.00 h" in incident.detail


def test_the_harder_level_makes_it_critical_and_no_second_one(short):
    looked()
    BalanceReading.objects.update(balance_usd=Decimal(4))
    looked(at=NOW + MINUTE)

    assert keys() == ["guardrail-runway:all"]
    assert Incident.objects.get(key="guardrail-runway:all").severity == Severity.CRITICAL


def test_a_balance_that_is_not_known_is_told_by_the_alert_rule_alone(deployment, limit):
    rented(deployment)
    limit(Rule.RUNWAY, warn="24", refuse="1")

    looked()
    looked(at=NOW + 15 * MINUTE)

    assert keys() == ["balance-unknown:runpod"]


def test_a_short_balance_that_is_not_read_any_more_is_not_called_over(short):
    looked()
    BalanceReading.objects.all().delete()
    for minute in range(1, 20):
        looked(at=NOW + minute * MINUTE)

    assert sorted(keys()) == ["balance-unknown:runpod", "guardrail-runway:all"]
