from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.option import Fitting, priced, ranked
from tests.economics.planner.machines import make_machine, make_speed, make_what_if

SHORT = Fitting(ok=False, reasons=("It is short of 3.0 GiB.",), short_gib=Decimal(3))
FAR = Fitting(ok=False, reasons=("It is short of 90.0 GiB.",), short_gib=Decimal(90))
NEVER = Fitting(ok=False, reasons=("64 heads cannot be shared by 5.",))


def test_the_cheapest_token_comes_first_and_nothing_is_left_out():
    machines = [
        make_machine("never", fitting=NEVER),
        make_machine("far", fitting=FAR),
        make_machine("dear", usd="2.00"),
        make_machine("short", fitting=SHORT),
        make_machine("untold", speed=Unknown("nobody measured it")),
        make_machine("cheap", usd="0.34"),
        make_machine("fast", usd="0.74", speed=make_speed("0.0001")),
    ]

    options = ranked(machines, make_what_if())

    assert [option.machine.key for option in options] == [
        *("fast", "cheap", "dear", "untold", "short", "far", "never")
    ]


def test_a_gpu_price_that_rises_leaves_the_disk_as_it_is():
    machine = make_machine(usd="1.00")
    with_disk = make_machine(
        usd="1.00",
        price=type(machine.price)(
            Decimal("1.10"), Decimal("1.00"), "a price list", machine.price.observed_at
        ),
    )

    option = priced(with_disk, make_what_if(gpu_price_factor=Decimal("1.5")))

    assert option.usd_per_hour == Decimal("1.60")


def test_serverless_pays_for_filled_time_and_a_pod_for_all():
    pod = priced(make_machine(), make_what_if("0.25"))
    serverless = priced(make_machine(kind="serverless"), make_what_if("0.25"))

    assert pod.usd_per_day == Decimal("17.76")
    assert serverless.usd_per_day == Decimal("4.44")


def test_one_start_costs_its_seconds():
    assert priced(make_machine(usd="3.60"), make_what_if()).start_usd == Decimal("0.12")


def test_without_a_market_price_the_market_column_says_why():
    option = priced(make_machine(), make_what_if())

    assert option.market == Unknown("no price of it is known")
