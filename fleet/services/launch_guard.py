"""The veto of the money over a launch, without the fleet knowing the money.

`FLEET_LAUNCH_GUARD` names a callable `(LaunchRequest) -> str | None`; a returned
sentence refuses the launch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from fleet.models import Deployment
from fleet.selectors.burn import exposed_usd_per_hour
from fleet.selectors.providers import provider_names


@dataclass(frozen=True, slots=True)
class Beside:
    """New rent [USD/h] that is planned together with the one that is weighed."""

    deployment_id: int | None
    provider: str
    usd_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What is about to be rented.

    usd_per_hour  [USD/h] of this launch, disks included
    committed_usd_per_hour  [USD/h] of everything that may be billed already, anywhere
    provider      whose account pays: "runpod", "sandbox", or a spot market's
    account_usd_per_hour  [USD/h] of what may be billed to that account; None: the same
    fleet_id, deployment_id  whose limits count besides those of all; None: of all only
    beside        of one plan with it, not rented either: counted in every sum
    """

    deployment: str
    usd_per_hour: Decimal
    committed_usd_per_hour: Decimal
    provider: str
    now: datetime
    fleet_id: int | None = None
    deployment_id: int | None = None
    account_usd_per_hour: Decimal | None = None
    beside: tuple[Beside, ...] = ()

    @property
    def new_usd_per_hour(self) -> Decimal:
        """What is about to be rented, with what is planned beside it [USD/h]."""
        return self.usd_per_hour + sum(
            (each.usd_per_hour for each in self.beside), Decimal(0)
        )

    @property
    def new_at_account_usd_per_hour(self) -> Decimal:
        """The part of that which the account of `provider` pays [USD/h]."""
        own = (each for each in self.beside if each.provider == self.provider)
        return self.usd_per_hour + sum((each.usd_per_hour for each in own), Decimal(0))

    @property
    def words(self) -> str:
        """What is about to be rented, in words."""
        others = len(self.beside)
        return self.deployment if not others else f"{self.deployment} and {others} more"


LaunchGuard = Callable[[LaunchRequest], str | None]


def rent_request(
    deployment: Deployment, *, provider: str, usd_per_hour: Decimal, now: datetime
) -> LaunchRequest:
    """What the guard is asked about more rent [USD/h] of a deployment at `provider`."""
    return LaunchRequest(
        deployment=deployment.slug,
        usd_per_hour=usd_per_hour,
        committed_usd_per_hour=exposed_usd_per_hour(*{*provider_names(), provider}),
        account_usd_per_hour=exposed_usd_per_hour(provider),
        provider=provider,
        now=now,
        fleet_id=deployment.fleet_id,
        deployment_id=deployment.pk,
    )


def configured_guard() -> LaunchGuard:
    """The guard named by settings. Raises ImportError when the path is wrong."""
    guard: LaunchGuard = import_string(settings.FLEET_LAUNCH_GUARD)
    return guard
