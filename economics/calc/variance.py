"""Why a statement pays another amount than was accrued: volume, price, fee.

Formula: docs/formulas/statement-variance.md
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.money import SHOWN_STEP, shown_usd

PERCENT = Decimal(100)


@dataclass(frozen=True)
class Earned:
    """What one side says of a model and month [USD]; tokens None: it does not say."""

    tokens: int | None
    gross_usd: Decimal
    net_usd: Decimal

    @property
    def fee_usd(self) -> Decimal:
        return self.gross_usd - self.net_usd


@dataclass(frozen=True)
class Variance:
    """The parts [USD] of what the statement pays more; their sum is `total_usd`.

    volume_usd  they counted other tokens, at our price; None: the tokens are not known,
                and the price holds both
    price_usd   they paid another price for the tokens that they counted
    fee_usd     they kept another fee than our take rate
    """

    volume_usd: Decimal | None
    price_usd: Decimal
    fee_usd: Decimal

    @property
    def total_usd(self) -> Decimal:
        return (self.volume_usd or Decimal(0)) + self.price_usd + self.fee_usd


def variance(ours: Earned, theirs: Earned) -> Variance:
    """The parts of theirs minus ours."""
    fee = ours.fee_usd - theirs.fee_usd
    gross = theirs.gross_usd - ours.gross_usd
    if not ours.tokens or theirs.tokens is None:
        return Variance(None, gross, fee)
    volume = (theirs.tokens - ours.tokens) * ours.gross_usd / ours.tokens
    return Variance(volume, gross - volume, fee)


def share_of(part_usd: Decimal, whole_usd: Decimal) -> Decimal | None:
    """A part in per cent of a whole; None of nothing."""
    return PERCENT * part_usd / abs(whole_usd) if whole_usd else None


def is_explained(ours: Earned, theirs: Earned, *, tolerance_percent: Decimal) -> bool:
    """Whether the net amounts differ by no more than the tolerance."""
    share = share_of(theirs.net_usd - ours.net_usd, ours.net_usd)
    if share is None:
        return theirs.net_usd == ours.net_usd
    return abs(share) <= tolerance_percent


def words(ours: Earned, theirs: Earned, *, tolerance_percent: Decimal) -> list[str]:
    """Sentences on what the statement pays more or less; one where all is well."""
    if is_explained(ours, theirs, tolerance_percent=tolerance_percent):
        return [f"Within {tolerance_percent:f} % of what was accrued."]
    if ours.net_usd == 0:
        return [f"They pay {shown_usd(theirs.net_usd)}; nothing was accrued."]
    if theirs.gross_usd == 0 and not theirs.tokens:
        return [f"They pay nothing; {shown_usd(ours.net_usd)} was accrued."]
    parts = variance(ours, theirs)
    said = []
    if parts.volume_usd is not None and theirs.tokens is not None and ours.tokens:
        more = theirs.tokens - ours.tokens
        if more and is_seen(parts.volume_usd):
            said.append(
                f"They counted {abs(more):,} tokens {'more' if more > 0 else 'fewer'} than "
                f"we metered: {signed(parts.volume_usd)} at our price."
            )
    if is_seen(parts.price_usd):
        what = "another price" if parts.volume_usd is not None else "another gross amount"
        said.append(f"They paid {what}: {signed(parts.price_usd)}.")
    if is_seen(parts.fee_usd):
        said.append(f"They kept another fee than our take rate: {signed(parts.fee_usd)}.")
    paid = f"They pay {shown_usd(theirs.net_usd)}; {shown_usd(ours.net_usd)} was accrued."
    return said or [paid]


def is_seen(part_usd: Decimal) -> bool:
    """Whether a part is at least half a cent: a smaller one explains nothing."""
    return abs(part_usd) >= SHOWN_STEP / 2


def signed(amount_usd: Decimal) -> str:
    """An amount with its sign, also when it is more."""
    return f"+{shown_usd(amount_usd)}" if amount_usd > 0 else shown_usd(amount_usd)
