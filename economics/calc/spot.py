"""What an hour of use costs on interruptible pods. Formula: docs/formulas/spot-reload.md"""

from decimal import Decimal

from economics.calc.unknown import Unknown

NOTHING_LEFT = Unknown("each interruption loses more work than lies between two of them")


def useful_share(
    *,
    interruptions_per_hour: Decimal,
    load_hours: Decimal,
    lost_hours: Decimal = Decimal(0),
) -> Decimal | Unknown:
    """The share of billed time in which an interruptible pod serves, unrounded.

    load_hours  [h] from the order until it serves, billed each time
    lost_hours  [h] of work that each interruption throws away

    Lives are exponential with the rate of interruptions: a pod reaches its end of load
    with probability e^(-rate x load), and then lives as long as a fresh one.
    """
    _refuse_negative(interruptions_per_hour, load_hours, lost_hours)
    kept = 1 - interruptions_per_hour * lost_hours
    if kept <= 0:
        return NOTHING_LEFT
    return (-interruptions_per_hour * load_hours).exp() * kept


def usd_per_useful_hour(
    *,
    usd_per_spot_hour: Decimal,
    interruptions_per_hour: Decimal,
    load_hours: Decimal,
    lost_hours: Decimal = Decimal(0),
) -> Decimal | Unknown:
    """What an hour of serving costs [USD/h]: rent, reloads and lost work, unrounded."""
    _refuse_negative(usd_per_spot_hour)
    share = useful_share(
        interruptions_per_hour=interruptions_per_hour,
        load_hours=load_hours,
        lost_hours=lost_hours,
    )
    return share if isinstance(share, Unknown) else usd_per_spot_hour / share


def reload_usd_per_useful_hour(
    *, usd_per_spot_hour: Decimal, interruptions_per_hour: Decimal, load_hours: Decimal
) -> Decimal:
    """The part of it that reloading costs [USD/h]."""
    whole = usd_per_useful_hour(
        usd_per_spot_hour=usd_per_spot_hour,
        interruptions_per_hour=interruptions_per_hour,
        load_hours=load_hours,
    )
    assert not isinstance(whole, Unknown)  # no work is lost, so some is left
    return whole - usd_per_spot_hour


def break_even_interruptions_per_hour(
    *, usd_per_spot_hour: Decimal, usd_per_on_demand_hour: Decimal, load_hours: Decimal
) -> Decimal | Unknown:
    """The rate [1/h] below which spot is cheaper than on-demand; 0: it never is.

    Unknown when nothing has to be loaded: then spot is cheaper at every rate.
    Raises ValueError for a price that is not above 0.
    """
    if usd_per_spot_hour <= 0 or usd_per_on_demand_hour <= 0:
        raise ValueError(
            "both prices must be above 0 USD/h, got "
            f"{usd_per_spot_hour} and {usd_per_on_demand_hour}"
        )
    _refuse_negative(load_hours)
    if usd_per_spot_hour >= usd_per_on_demand_hour:
        return Decimal(0)
    if load_hours == 0:
        return Unknown("nothing is loaded, so spot is cheaper at every rate")
    return (usd_per_on_demand_hour / usd_per_spot_hour).ln() / load_hours


def _refuse_negative(*quantities: Decimal) -> None:
    for quantity in quantities:
        if quantity < 0:
            raise ValueError(f"a quantity must be 0 or more, got {quantity}")
