"""Simulated days of faults, dying workers and an empty account: no pod and no cent lost.

SOAK_DAYS, SOAK_PODS and SOAK_SEED make it longer; `make soak` runs 30 days of 50 pods.
"""

import os
from decimal import Decimal

import pytest

from tests.soak.soak import soak

DAYS = int(os.environ.get("SOAK_DAYS", "2"))
PODS = int(os.environ.get("SOAK_PODS", "10"))
SEED = int(os.environ.get("SOAK_SEED", "20260310"))
CENT = Decimal("0.01")


@pytest.fixture
def calm_probes(settings):
    """A probe every ten minutes: else each one would say that our eyes were shut."""
    settings.PROBE_INTERVAL_SECONDS = 600


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_fleet_survives_what_goes_wrong(tmp_path, calm_probes, capsys):
    report = soak(tmp_path, days=DAYS, pods=PODS, seed=SEED)

    with capsys.disabled():
        print(f"\n{report.text()}")
    found = report.findings
    assert report.failures == [], "a row broke on our side"
    assert found.alive == [], "pods still bill after the end"
    assert found.twice == [], "one intent was rented twice"
    assert report.too_many == [], "more pods than wanted, and not told to stop"
    assert found.unexplained == [], "pods that no row of ours explains"
    assert found.leaked == [], "pods lived on unwanted, beyond the grace"
    assert found.worst_pods == [], "pods whose cost is not booked to the cent"
    assert abs(found.difference_usd) < CENT
    assert {name: usd for name, usd in found.accounts.items() if abs(usd) >= CENT} == {}
    assert sorted(found.accounts) == ["sandbox", "spotmarket"]
    assert found.noticed + found.unnoticed > 0, "no pod was taken away"
    stored = report.resources
    booked = found.booked_usd + stored.booked_usd
    assert found.closed_usd == booked, "the closed days miss some line"
    assert stored.alive == [], "volumes or endpoints still bill after the end"
    assert stored.twice == [], "one volume or endpoint was rented twice"
    assert stored.unexplained == [], "volumes or endpoints that nothing of ours explains"
    assert stored.leaked == [], "volumes or endpoints lived on unwanted"
    assert stored.wrong == [], "volumes or endpoints not booked to the cent"
    assert abs(stored.difference_usd) < CENT
    assert min(len(report.faults), len(report.deaths)) > 0, "nothing went wrong"
