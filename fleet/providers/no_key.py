"""A transport that refuses, for a console that has no key of the provider yet."""

from __future__ import annotations

import io
import json
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

NO_KEY = (
    "No RunPod key is set: set RUNPOD_API_KEY, or store one on the page Keys. "
    "Nothing was sent."
)


class RefusesEverything(HTTPAdapter):
    """Answers each request with 401 itself: a definite no, so nothing was rented."""

    def send(
        self, request: requests.PreparedRequest, *_: Any, **__: Any
    ) -> requests.Response:
        body = json.dumps({"detail": NO_KEY}).encode()
        answer = HTTPResponse(
            body=io.BytesIO(body),
            status=401,
            headers={"Content-Type": "application/json"},
            preload_content=False,
        )
        return self.build_response(request, answer)
