"""Secrets do not travel in text: what may be logged, shown or raised."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"
SECRET_FLAGS = ("--api-key", "--hf-token")  # flags of the container's command line
SHORTEST_SECRET = 6  # shorter strings would blank out ordinary words

# The value may be quoted, joined by "=", or several words (vLLM's --api-key takes a
# list), so everything up to the next flag is taken. Joined by "=" it may begin with a dash.
_FLAG = re.compile(
    rf"(?P<flag>{'|'.join(SECRET_FLAGS)})(?P<gap>=|\s+)"
    r"(?P<value>(?:(?<==)-[^\s'\"]*|'[^']*'|\"[^\"]*\"|(?!-)[^\s'\"]+|\s+(?!-))+)"
)


def mask_args(args: str) -> str:
    """The command line `args` with the values of secret flags replaced by ***.

    >>> mask_args("--port 8000 --api-key 'sk-1' --max-model-len 4096")
    '--port 8000 --api-key *** --max-model-len 4096'
    """
    return _FLAG.sub(lambda found: found["flag"] + found["gap"] + MASK, args)


def secret_values(args: str) -> tuple[str, ...]:
    """The values that `mask_args` hides, unquoted, to be scrubbed from answers."""
    return tuple(
        part
        for found in _FLAG.finditer(args)
        for part in re.split(r"[\s'\"]+", found["value"])
        if part
    )


_TOKEN = re.compile(r"\b(sk-|rpa_|hf_)[A-Za-z0-9_-]{6,}")


def mask_line(text: str, secrets: Iterable[str] = ()) -> str:
    """A line of a pod's log for people: no `secrets`, and no token of a known shape.

    >>> mask_line("HF_TOKEN=hf_abcdefghijkl --api-key=sk-0123456789")
    'HF_TOKEN=*** --api-key=***'
    """
    return _TOKEN.sub(MASK, scrub(mask_args(text), secrets))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`; a provider may echo what it was sent."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return text
