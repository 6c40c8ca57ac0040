"""The account's balance, which REST v2 lacks, through the `runpod` package's GraphQL.

RunPod ends that interface early in 2027 and limits its rate; so a missing answer is
"unknown" with a logged reason, never an error. The package gives floats, hence the
balance is exact to a double, which is far below a cent.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Lock
from typing import Any

from fleet.providers.base import Balance
from fleet.providers.masking import scrub

logger = logging.getLogger(__name__)

QUERY = "query { myself { clientBalance currentSpendPerHr } }"
BASE_URL_VARIABLE = "RUNPOD_API_BASE_URL"  # the package reads it at each call
SUFFIX = "/graphql"  # which the package appends
_environment = Lock()


def read_balance(*, graphql_url: str, api_key: str) -> Balance | None:
    """Balance [USD] and spend [USD / h]; None, with a logged reason, when unknown.

    The package's own timeout of 30 s applies to connecting and to each read.
    """
    try:
        answer = _ask(graphql_url, api_key)
        myself = answer["data"]["myself"]
        balance = _decimal(myself["clientBalance"])
        spend = myself.get("currentSpendPerHr")
        return Balance(balance, None if spend is None else _decimal(spend))
    except Exception as error:
        # The package checks no status and trusts the shape of the answer, so an HTML
        # page or a null raises whatever it raises. None of that may stop a caller.
        reason = scrub(f"{type(error).__name__}: {error}", (api_key,))[:300]
        logger.warning("RunPod balance unknown: %s", reason)
        return None


def _ask(graphql_url: str, api_key: str) -> Any:
    # Imported here: it brings boto3, fastapi and paramiko, takes over a second, and
    # web requests never need it.
    from runpod.api.graphql import run_graphql_query

    if not graphql_url.endswith(SUFFIX):
        raise ValueError(f"graphql_url is {graphql_url!r}; it must end with {SUFFIX}.")
    with _base_url(graphql_url.removesuffix(SUFFIX)):
        return run_graphql_query(QUERY, api_key=api_key)


@contextmanager
def _base_url(base_url: str) -> Iterator[None]:
    """The package takes its address from the environment only; one call at a time."""
    with _environment:
        before = os.environ.get(BASE_URL_VARIABLE)
        os.environ[BASE_URL_VARIABLE] = base_url
        try:
            yield
        finally:
            if before is None:
                del os.environ[BASE_URL_VARIABLE]
            else:
                os.environ[BASE_URL_VARIABLE] = before


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a balance of type {type(value).__name__}")
    amount = Decimal(repr(value))
    if not amount.is_finite():
        raise ValueError("a balance that is not finite")
    return amount
