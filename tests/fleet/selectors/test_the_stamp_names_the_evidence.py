"""The stamp of the evidence: method, calibration, newest import, day of own pods."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from fleet.models import ThroughputImport
from fleet.selectors.speeds import evidence_stamp
from fleet.throughput.calibration import calibration
from fleet.throughput.speed_question import METHOD
from tests.factories import NOW, make_deployment, make_fleet

pytestmark = pytest.mark.django_db


def imported(name: str, *, days_ago: int = 0) -> ThroughputImport:
    return ThroughputImport.objects.create(
        file_name=name,
        sha256=name,
        rows=1,
        imported_at=NOW - timedelta(days=days_ago),
        imported_by="ada",
    )


def stamp(imports: int, day: str) -> str:
    return f"{METHOD}/{calibration().made_on}/{imports}/{day}"


def test_without_imports_and_pods_it_names_the_method_and_the_calibration():
    assert evidence_stamp(now=NOW) == stamp(0, "")


def test_of_several_imports_the_last_one_taken_is_named():
    imported("first")
    last = imported("second", days_ago=3)  # taken later, whatever its clock said

    assert evidence_stamp(now=NOW) == stamp(last.pk, "")


def test_own_pods_speak_anew_each_day_and_simulated_ones_never():
    make_deployment(fleet=make_fleet(simulated=True))
    assert evidence_stamp(now=NOW) == stamp(0, "")

    make_deployment(fleet=make_fleet(simulated=False))
    assert evidence_stamp(now=NOW) == stamp(0, f"{NOW:%Y-%m-%d}")
    tomorrow = NOW + timedelta(days=1)
    assert evidence_stamp(now=tomorrow) == stamp(0, f"{tomorrow:%Y-%m-%d}")


def test_imports_and_pods_are_told_apart_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
):
    last = imported("points")
    for _ in range(3):
        make_deployment(fleet=make_fleet(simulated=False))

    with django_assert_num_queries(1):
        assert evidence_stamp(now=NOW) == stamp(last.pk, f"{NOW:%Y-%m-%d}")
