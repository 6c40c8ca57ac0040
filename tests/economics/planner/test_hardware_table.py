from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.hardware import hardware_table
from economics.planner.option import Fitting, Machine, priced
from tests.economics.planner.machines import make_machine, make_speed, make_what_if


def labels(*machines: Machine) -> dict[str, str | None]:
    options = [priced(machine, make_what_if()) for machine in machines]
    return {
        row.label: row.option.machine.key if row.option else None
        for row in hardware_table(options)
    }


def test_the_table_names_the_least_the_best_and_the_unquantised_machine():
    rows = labels(
        make_machine("small", usd="0.30", precision="int4"),
        make_machine("good", usd="0.90", precision="fp8", speed=make_speed("0.00005")),
        make_machine("full", usd="2.00", precision="bf16"),
        make_machine("huge", usd="9.00", precision="bf16"),
    )

    assert rows == {"Minimum": "small", "Recommended": "good", "Optimal": "full"}


def test_what_does_not_fit_is_in_no_line():
    rows = labels(make_machine("no", fitting=Fitting(ok=False, short_gib=Decimal(1))))

    assert rows == {"Minimum": None, "Recommended": None, "Optimal": None}


def test_without_a_known_speed_nothing_is_recommended():
    rows = labels(make_machine("untold", speed=Unknown("nobody measured it")))

    assert rows == {"Minimum": "untold", "Recommended": None, "Optimal": "untold"}
