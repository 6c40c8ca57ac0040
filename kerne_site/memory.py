"""What a process keeps for all of its life, out of the garbage collector's sight."""

from __future__ import annotations

import gc

from django.urls import get_resolver


def keep_what_is_loaded() -> int:
    """Load every page's code, and let the collector pass over it; how many objects.

    A full collection looks at every object there is: with the code of all pages that took
    a tenth of a second in the middle of somebody's request.
    """
    for each in get_resolver().url_patterns:
        getattr(each, "url_patterns", None)
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
