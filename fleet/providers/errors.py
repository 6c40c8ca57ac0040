"""What can go wrong at a provider.

    ProviderError
    |-- ProviderRefused        a definite no: nothing was rented, nothing changed
    |   |-- InvalidRequest     422  the body breaks the contract: our bug
    |   |-- Rejected           400  a rule is broken or there is no capacity
    |   |-- Unauthorized       401  the key is wrong
    |   |-- BalanceTooLow      402  not enough credit
    |   |-- PoolForbidden      403  this pool is not for this account
    |   |-- NotFound           404
    |   |-- Conflict           409  not possible in the present state
    |   `-- RateLimited        429  too many requests (.retry_after_seconds)
    `-- ProviderUnavailable    no usable answer: it may have happened

A caller decides by class and by the three flags of `ProviderRefused`, never by an
HTTP status. After `ProviderUnavailable` of a create, look the pod up by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class ProviderError(Exception):
    """Base of everything that a provider call raises."""


class ProviderUnavailable(ProviderError):
    """No answer, a 5xx, a timeout or an unreadable body: it may have happened."""


class ProviderRefused(ProviderError):
    """A definite no.

    detail  what the provider says, one sentence
    errors  the single violations, where the provider lists them
    status  the HTTP status, for the log only
    """

    retryable_elsewhere: ClassVar[bool] = False  # the next candidate may succeed
    stops_everything: ClassVar[bool] = False  # no request will succeed until a human acts
    retryable_later: ClassVar[bool] = False  # the same request may succeed after a wait

    def __init__(
        self, detail: str, *, errors: Sequence[str] = (), status: int | None = None
    ) -> None:
        self.detail = detail
        self.errors = tuple(errors)
        self.status = status
        super().__init__("; ".join([detail, *self.errors]))


class InvalidRequest(ProviderRefused):
    """The body breaks the provider's contract. Our bug: show it, never retry."""


class Rejected(ProviderRefused):
    """A rule is broken or there is no capacity; the answer does not say which.

    Try the next candidate. If every candidate is rejected, read the last `detail`
    as a fault of the request.
    """

    retryable_elsewhere = True


class Unauthorized(ProviderRefused):
    """The key is missing or wrong. Stop everything and alert."""

    stops_everything = True


class BalanceTooLow(ProviderRefused):
    """The prepaid credit does not cover it. Stop new spending and alert."""

    stops_everything = True


class PoolForbidden(ProviderRefused):
    """This pool is not open to this account. Skip the candidate."""

    retryable_elsewhere = True


class NotFound(ProviderRefused):
    """The provider does not know the resource."""


class Conflict(ProviderRefused):
    """The action is not possible in the resource's present state."""


class RateLimited(ProviderRefused):
    """Too many requests. The only refusal after which a create may be sent again.

    retry_after_seconds  what the provider asks for; None when it does not say
    """

    retryable_later = True

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[str] = (),
        status: int | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail, errors=errors, status=status)
        self.retry_after_seconds = retry_after_seconds
