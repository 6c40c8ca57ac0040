"""What can go wrong when a market is asked.

    MarketError
    |-- MarketRefused      a definite no: wrong key, no such model, too many requests
    `-- MarketSilent       no usable answer: timeout, 5xx, a body that is not what it says

Either way nothing that is known is changed.
"""

from __future__ import annotations


class MarketError(Exception):
    """Base of everything that a market call raises; the text is a sentence for people."""


class MarketSilent(MarketError):
    """No usable answer; the same request may be answered later."""


class MarketRefused(MarketError):
    """A definite no.

    status  of HTTP; 404 for a model that the market does not list
    """

    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(sentence)
        self.status = status
