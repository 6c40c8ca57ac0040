"""The canary: whether anything outside answers from here, asked before pods are judged."""

from __future__ import annotations

import requests

TIMEOUT_SECONDS = 5.0


def canary_silence(url: str, *, seconds: float = TIMEOUT_SECONDS) -> str:
    """ "" when `url` answers, whatever it says; else why not. Never raises."""
    try:
        with requests.get(url, timeout=seconds, stream=True, allow_redirects=False):
            return ""
    except (requests.RequestException, ValueError) as error:
        return f"{url} does not answer: {type(error).__name__}"
