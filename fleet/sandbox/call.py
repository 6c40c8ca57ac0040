"""One request as the routes see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fleet.sandbox.cloud import Cloud


@dataclass(frozen=True)
class Call:
    """One request after authentication, with its body read."""

    cloud: Cloud
    request: Request
    raw: bytes

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.request.path_params["id"])

    def query(self) -> dict[str, str]:
        """Query parameters; unknown ones are ignored, as RunPod does."""
        return dict(self.request.query_params)


Handler = Callable[[Call], Response]
