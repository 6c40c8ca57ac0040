"""Addresses with what each of them needs, so that they answer."""

from __future__ import annotations

from urllib.parse import urlencode

from kerne_site.api import Endpoint
from kerne_site.api.urls import ENDPOINTS

# What is answered to a GET of its address as it stands.
READS = [each for each in ENDPOINTS if each.method == "GET" and "{" not in each.path]


def asked_rightly(endpoint: Endpoint) -> str:
    """The address with an example of every parameter that has to be given."""
    needed = {each.name: each.example for each in endpoint.parameters if each.required}
    return f"{endpoint.address}?{urlencode(needed)}" if needed else endpoint.address
