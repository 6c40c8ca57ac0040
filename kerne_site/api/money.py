"""Which kind of money an address asks for: real or simulated, never both added up."""

from __future__ import annotations

from economics.selectors import kinds_of_money
from kerne_site.api.asked import Asked, one_of
from kerne_site.api.endpoint import Parameter
from kerne_site.api.schemas import words

MONEY = ("real", "simulated")
MONEY_PARAMETER = Parameter(
    "money", "Real or play money; real, or the only one there is.", words(*MONEY)
)


def take_money(asked: Asked) -> str | None:
    """The word of the address; None without one."""
    return asked.take("money", one_of(MONEY), default=None)


def is_simulated(word: str | None) -> bool:
    """Whether play money is asked for; without a word the first kind that there is."""
    return kinds_of_money()[0] if word is None else word == "simulated"
