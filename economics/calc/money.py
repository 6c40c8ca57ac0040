"""The only place that rounds money: to be stored in a line, or to be shown.

Everything else in `calc` passes amounts on unrounded. Formula: docs/formulas/rounding.md
"""

from decimal import ROUND_HALF_UP, Decimal, localcontext

MILLION = Decimal(1_000_000)
EXACT_DIGITS = 60  # more than a price times all tokens there ever were
STORED_STEP = Decimal("0.000001")  # USD, 6 decimals in a ledger line
STORED_RATE_STEP = Decimal("0.00000001")  # USD per hour, 8 decimals beside a line
SHOWN_STEP = Decimal("0.01")  # USD, cents on a page
SHOWN_RATE_STEP = Decimal("0.0001")  # USD per million tokens on a page


def round_stored(amount_usd: Decimal) -> Decimal:
    """An amount [USD] as a ledger line keeps it: 6 decimals, half up.

    Half up means away from zero on a tie, so a correction of -x is the mirror of x.

    >>> round_stored(Decimal("0.0000005"))
    Decimal('0.000001')
    >>> round_stored(Decimal("-0.0000005"))
    Decimal('-0.000001')
    """
    return _rounded(amount_usd, STORED_STEP)


def round_stored_rate(usd_per_hour: Decimal) -> Decimal:
    """A rate [USD / h] as it stands beside a ledger line: 8 decimals, half up.

    For reading only: amounts are computed from the exact rate.
    """
    return _rounded(usd_per_hour, STORED_RATE_STEP)


def token_revenue(*, tokens: int, usd_per_token: Decimal) -> Decimal:
    """What tokens earn at a price [USD], exact to the last digit of the price.

    >>> token_revenue(tokens=10**12, usd_per_token=Decimal("0.0000027500000000000004"))
    Decimal('2750000.0000000004000000000000')
    """
    with localcontext(prec=EXACT_DIGITS):
        return usd_per_token * tokens


def stored_with_carry(amount_usd: Decimal, carry_usd: Decimal) -> tuple[Decimal, Decimal]:
    """(stored, next carry): a line of 6 decimals, and what rounding keeps for the next.

    The sum of the stored lines and the last carry is the sum of the amounts, exactly, and
    a carry is never more than half a step: a million lines are as right as one.

    >>> stored_with_carry(Decimal("0.0000004"), Decimal("0.0000004"))
    (Decimal('0.000001'), Decimal('-2E-7'))
    """
    with localcontext(prec=EXACT_DIGITS):
        exact = amount_usd + carry_usd
        stored = round_stored(exact)
        return stored, exact - stored


def stored_difference(*, sum_until: Decimal, sum_from: Decimal) -> Decimal:
    """The 6-decimal amount [USD] of a part, from the unrounded sums at its two ends.

    The difference of two rounded sums, not a rounded difference: the stored parts of
    a pod add up to its rounded total, with no drift over thousands of hours.

    >>> stored_difference(sum_until=Decimal("0.0000014"), sum_from=Decimal("0.0000007"))
    Decimal('0.000000')
    """
    return round_stored(sum_until) - round_stored(sum_from)


def round_shown(amount_usd: Decimal) -> Decimal:
    """An amount [USD] as a page shows it: 2 decimals, half up.

    >>> round_shown(Decimal("38.195"))
    Decimal('38.20')
    """
    return _rounded(amount_usd, SHOWN_STEP)


def round_shown_rate(usd_per_million: Decimal) -> Decimal:
    """A token price [USD / 1M tokens] as a page shows it: 4 decimals, half up."""
    return _rounded(usd_per_million, SHOWN_RATE_STEP)


def per_token(usd_per_million: Decimal) -> Decimal:
    """[USD / 1M tokens] as people write it -> [USD / token] as we calculate.

    >>> per_token(Decimal("0.60")) * 5_000_000
    Decimal('3.00000000')
    """
    return usd_per_million.scaleb(-6)


def per_million(usd_per_token: Decimal) -> Decimal:
    """[USD / token] -> [USD / 1M tokens]; the inverse of `per_token`."""
    return usd_per_token.scaleb(6)


def shown_usd(amount_usd: Decimal) -> str:
    """An amount [USD] as text with its unit; a true minus sign before the dollar.

    >>> shown_usd(Decimal("1234.5"))
    '$1,234.50'
    >>> shown_usd(Decimal("-4.1"))
    '−$4.10'
    """
    rounded = round_shown(amount_usd)
    sign = "−" if rounded < 0 else ""
    return f"{sign}${abs(rounded):,.2f}"


def _rounded(amount: Decimal, step: Decimal) -> Decimal:
    if not amount.is_finite():
        raise ValueError(f"an amount of money must be a finite number, got {amount}")
    rounded = amount.quantize(step, rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded.is_zero() else rounded  # never "-0.00"
