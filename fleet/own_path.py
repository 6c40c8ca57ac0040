"""Addresses that somebody sent along, and that must lead to this console alone."""

from django.utils.http import url_has_allowed_host_and_scheme


def is_own_path(address: str) -> bool:
    """Whether it is a path here, with or without a query: no host, no scheme."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(
        address, allowed_hosts=None
    )
