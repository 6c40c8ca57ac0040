"""Whose address a request came from, behind as many proxies as we were told of."""

from django.conf import settings
from django.http import HttpRequest

NOBODY = "0.0.0.0"  # a request that no network brought, such as a test's


def client_ip(request: HttpRequest) -> str:
    """The peer's address; behind KERNE_TRUSTED_PROXIES proxies, what the outermost saw.

    Each proxy of ours appends the address that it was called from, so the one that counts
    stands that many places from the right; what is further left anybody can write.
    """
    peer = str(request.META.get("REMOTE_ADDR") or NOBODY)
    count = settings.TRUSTED_PROXIES
    if not count:
        return peer
    chain = request.headers.get("X-Forwarded-For", "").split(",")
    told = [each.strip() for each in chain if each.strip()]
    return told[-count] if len(told) >= count else peer
