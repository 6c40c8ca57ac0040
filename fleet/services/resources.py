"""One tick over volumes and endpoints: rent, end, and compare with the provider's lists."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fleet.providers.resources import FullProvider
from fleet.services import resource_grow, resource_list, resource_rent
from fleet.services.isolation import apart
from fleet.services.jobs import JobFailed
from fleet.services.launch_guard import LaunchGuard


def tend(*, provider: FullProvider, guard: LaunchGuard, now: datetime) -> str:
    """What was done, as a sentence. Raises ProviderError without a complete list, and
    JobFailed when it broke for some row; the others are done by then."""
    troubles: list[str] = []
    words = resource_rent.tend(provider=provider, guard=guard, now=now, troubles=troubles)
    for volume in resource_grow.growing(provider.name):
        more = partial(resource_grow.grow, volume, provider=provider, guard=guard, now=now)
        if apart(f"growth of {volume}", more, troubles):
            words.append(f"grown: {volume}")
    done = resource_list.compare(provider=provider, now=now)
    words.append(done.sentence())
    troubles += done.troubles
    if troubles:
        raise JobFailed("; ".join([f"broke: {', '.join(troubles)}", *words]))
    return "; ".join(words)
