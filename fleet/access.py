"""Who may do what: a viewer reads, an operator acts, an admin sets limits and keys.

A view names the least role that it needs by one of these decorators; whoever is logged
in is at least a viewer. A superuser may do everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpResponse

OPERATE = "fleet.operate"
ADMINISTER = "fleet.administer"

View = TypeVar("View", bound=Callable[..., HttpResponse])


def viewer_required(view: View) -> View:
    """A view that reads."""
    return login_required(view)


def operator_required(view: View) -> View:
    """A view that spends, stops, or changes what is wanted."""
    return login_required(permission_required(OPERATE, raise_exception=True)(view))


def admin_required(view: View) -> View:
    """A view that sets limits, keys or accounts."""
    return login_required(permission_required(ADMINISTER, raise_exception=True)(view))
