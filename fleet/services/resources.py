"""One tick over volumes and endpoints: rent, end, and compare with the provider's lists."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import Q

from fleet.models import ResourceStatus, ServerlessEndpoint
from fleet.providers.resources import FullProvider
from fleet.services import endpoint_changes, resource_grow, resource_list, resource_rent
from fleet.services.isolation import apart
from fleet.services.jobs import JobFailed
from fleet.services.launch_guard import LaunchGuard


def has_due(provider_name: str, *, now: datetime) -> bool:
    """Whether something waits to be sent: a wish that is new, or an end."""
    if resource_rent.due(provider_name, now=now):
        return True
    return ServerlessEndpoint.objects.filter(
        Q(status=ResourceStatus.ENDING)
        | Q(
            status=ResourceStatus.LIVE,
            wanted_max__isnull=False,
            change_sent_at__isnull=True,
        ),
        provider=provider_name,
    ).exists()


def tend(*, provider: FullProvider, guard: LaunchGuard, now: datetime) -> str:
    """What was done, as a sentence. Raises ProviderError without a complete list, and
    JobFailed when it broke for some row; the others are done by then."""
    troubles: list[str] = []
    words = resource_rent.tend(provider=provider, guard=guard, now=now, troubles=troubles)
    for volume in resource_grow.growing(provider.name):
        more = partial(resource_grow.grow, volume, provider=provider, guard=guard, now=now)
        if apart(f"growth of {volume}", more, troubles):
            words.append(f"grown: {volume}")
    words += endpoint_changes.tend(
        provider=provider, guard=guard, now=now, troubles=troubles
    )
    done = resource_list.compare(provider=provider, now=now)
    words.append(done.sentence())
    troubles += done.troubles
    if troubles:
        raise JobFailed("; ".join([f"broke: {', '.join(troubles)}", *words]))
    return "; ".join(words)
