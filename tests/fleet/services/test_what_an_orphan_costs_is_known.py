"""Orphans: their price of today, until the provider lists them no more."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import AuditEntry, Orphan
from fleet.providers.base import ProviderUnavailable
from fleet.selectors.burn import committed_usd_per_hour
from fleet.services.cloud_list import compare
from tests.clock import NOON
from tests.fleet.services.test_the_cloud_list_settles_every_difference import stray

pytestmark = pytest.mark.django_db


def test_an_orphan_that_was_stopped_and_started_costs_what_it_costs_now(account, clock):
    pod = stray("someone-elses", clock)
    account.adopt(replace(pod, usd_per_pod_hour=Decimal(0), status="EXITED"))
    compare(provider=account, now=NOON)
    assert committed_usd_per_hour("fake") == 0

    account.adopt(pod)
    compare(provider=account, now=NOON + timedelta(minutes=1))

    assert committed_usd_per_hour("fake") == Decimal("2.69")


def test_an_orphan_that_is_listed_as_terminated_costs_nothing_any_more(account, clock):
    pod = stray("someone-elses", clock)
    account.adopt(pod)
    compare(provider=account, now=NOON)
    account.adopt(replace(pod, status="TERMINATED"))
    compare(provider=account, now=NOON + timedelta(minutes=1))

    assert Orphan.objects.get().gone_at == NOON + timedelta(minutes=1)
    assert committed_usd_per_hour("fake") == 0


def test_ending_an_orphan_is_tried_every_minute_and_on_record_once(account, clock):
    account.adopt(stray("kerne-demo-forgotten-7", clock))
    compare(provider=account, now=clock.now)
    clock.forward(minutes=10)
    account.fail_next("terminate", *[ProviderUnavailable("502")] * 2)
    for _ in range(10):
        compare(provider=account, now=clock.forward(seconds=15))

    deletes = [call for call in account.calls if call[0] == "terminate"]
    assert len(deletes) == 3
    assert AuditEntry.objects.filter(verb="terminate orphan").count() == 1
    assert Orphan.objects.get().gone_at is not None


def test_an_orphan_that_comes_back_is_an_orphan_again(account, clock):
    account.adopt(stray("someone-elses", clock))
    compare(provider=account, now=NOON)
    account.hidden.add("stray-1")
    compare(provider=account, now=NOON + timedelta(minutes=1))
    assert committed_usd_per_hour("fake") == 0

    account.hidden.clear()
    compare(provider=account, now=NOON + timedelta(minutes=2))
    assert committed_usd_per_hour("fake") == Decimal("2.69")
