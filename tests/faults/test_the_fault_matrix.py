"""Every fault of the cloud, and kill -9 of the worker at every stage, twice over.

The whole matrix takes a quarter of an hour: `make faults`. Without FAULTS=all, a part of
it: an answer that is lost, and a worker that dies at the two worst moments.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.end_to_end.conftest import start_console  # noqa: F401
from tests.end_to_end.console import ROOT, Console
from tests.faults.drill import SETTINGS, Drill, Row
from tests.faults.matrix import (
    RESOURCE_MARKS,
    SPOT_MARKS,
    keep,
    run_deaths,
    run_troubles,
    settle_books,
    slug_of,
    table,
)
from tests.faults.resources import (
    death_rows,
    run_resource_deaths,
    run_resource_troubles,
    settle_resources,
    trouble_rows,
)
from tests.faults.scenarios import (
    LAUNCH_DEATHS,
    STOP_DEATHS,
    TROUBLES,
    Death,
    kinds_without_a_row,
    points_without_a_row,
)
from tests.faults.spot import (
    KINDS,
    SPOT_SETTINGS,
    SpotDrill,
    run_interruptions,
    spot_rows,
    wrong_accounts,
)

WHOLE = os.environ.get("FAULTS") == "all"
RESOURCES = WHOLE or os.environ.get("FAULTS") == "resources"  # volumes and endpoints only
SPOT = WHOLE or os.environ.get("FAULTS") == "spot"  # the spot market only
PAGE = ROOT / "docs" / "faults.md"  # where the whole table is kept
PART_TROUBLES = ("lost_response",)
PART_DEATHS = ("created", "deleted")
PART_RESOURCE_DEATHS = ("resource_created",)
PART_SPOT = ("kill -9 after its POST, id not saved",)
ENDS = ("stop", "terminate")


def all_deaths() -> list[tuple[str, Death, Death, Row]]:
    """A launch and an end with a death each; both ends of a pod meet all stages."""
    return [
        (end, launch, stop, Row(f"kill -9 {launch.name}; {end}: {stop.name}", f"{end}-{n}"))
        for end in ENDS
        for n, (launch, stop) in enumerate(zip(LAUNCH_DEATHS, STOP_DEATHS, strict=True))
    ]


def test_every_kind_of_fault_has_a_row():
    assert kinds_without_a_row(KINDS) == set()


def test_the_page_shows_the_matrix_as_it_is():
    page = PAGE.read_text()
    names = [each.name for each in TROUBLES]
    names += [row.scenario for *_, row in all_deaths()]
    names += [each.row.scenario for each in (*trouble_rows(), *death_rows())]
    names += [each.row.scenario for each in spot_rows()]

    assert [name for name in names if f"| {name} |" not in page] == []


def test_every_fault_point_has_a_row():
    theirs = {death.point for each in death_rows() for death in each.deaths}
    assert points_without_a_row(theirs) == set()


@pytest.mark.slow
def test_the_matrix(start_console: Callable[..., Console], capsys):  # noqa: F811
    troubles = [each for each in TROUBLES if WHOLE or each.name in PART_TROUBLES]
    rows = {each.name: Row(each.name, slug_of(each.name)) for each in troubles}
    deaths = [
        each
        for each in all_deaths()
        if WHOLE or (each[0] == "stop" and each[1].point in PART_DEATHS)
    ]
    drill = Drill(start_console(**SETTINGS))
    everything = [*rows.values(), *(row for *_, row in deaths)]
    drill.add([row.slug for row in everything])

    for again in range(2 if WHOLE else 1):
        run_troubles(drill, troubles, rows)
        for end, launch, stop, row in deaths:
            terminate = end == "terminate"
            run_deaths(drill, row, launch, stop, terminate=terminate, whole=bool(again))
    settle_books(drill, everything)

    text = table(everything)
    with capsys.disabled():
        print(f"\n{text}")
    if WHOLE:
        keep(PAGE, text)
    assert [(row.scenario, row) for row in everything if not row.is_good] == []


@pytest.mark.slow
def test_the_matrix_of_volumes_and_endpoints(
    start_console: Callable[..., Console],  # noqa: F811
    capsys,
):
    troubles = trouble_rows(None if RESOURCES else PART_TROUBLES)
    deaths = death_rows(None if RESOURCES else PART_RESOURCE_DEATHS)
    drill = Drill(start_console(**SETTINGS))
    everything = [each.row for each in (*troubles, *deaths)]
    drill.add([row.slug for row in everything])

    for again in range(2 if RESOURCES else 1):
        run_resource_troubles(drill, troubles)
        for each in deaths:
            run_resource_deaths(drill, each, whole=bool(again))
    settle_books(drill, ())
    settle_resources(drill, (*troubles, *deaths))

    text = table(everything)
    with capsys.disabled():
        print(f"\n{text}")
    if RESOURCES:
        keep(PAGE, text, RESOURCE_MARKS)
    assert [(row.scenario, row) for row in everything if not row.is_good] == []


@pytest.mark.slow
def test_the_matrix_of_the_spot_market(
    start_console: Callable[..., Console],  # noqa: F811
    capsys,
):
    rows = spot_rows(None if SPOT else PART_SPOT)
    drill = SpotDrill(start_console(**SPOT_SETTINGS), rows)

    for again in range(2 if SPOT else 1):
        run_interruptions(drill, rows, whole=bool(again))
    everything = [each.row for each in rows]
    settle_books(drill, everything)

    text = table(everything)
    with capsys.disabled():
        print(f"\n{text}")
    if SPOT:
        keep(PAGE, text, SPOT_MARKS)
    assert [(row.scenario, row) for row in everything if not row.is_good] == []
    assert wrong_accounts(drill) == []
