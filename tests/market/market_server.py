"""A market that answers as a test says: one layer below the client, by a transport."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from economics.openrouter.client import OpenRouterClient

BASE = "https://market.test/api/v1"


class Answers(BaseAdapter):
    """Answers by path; `asked` are the requests that came."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__()
        self.told = dict(told)
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        path = (request.url or "").removeprefix(BASE).partition("?")[0]
        answer = self.told.get(path, (404, {}))
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = requests.Response()
        response.status_code = status
        response.url = request.url or ""
        response.raw = HTTPResponse(
            io.BytesIO(content), status=status, preload_content=False
        )
        return response

    def close(self) -> None:
        """Nothing is open."""


def client_of(answers: Answers, *, api_key: str = "", **limits: Any) -> OpenRouterClient:
    return OpenRouterClient(base_url=BASE, api_key=api_key, transport=answers, **limits)


def model(slug: str = "z-ai/glm-5", **changes: Any) -> dict[str, Any]:
    told = {
        "id": slug,
        "name": "Z.AI: GLM 5",
        "created": 1_770_768_000,
        "hugging_face_id": "zai-org/GLM-5",
        "context_length": 202_752,
        "pricing": {"prompt": "0.0000006", "completion": "0.00000192"},
    }
    return told | changes


def offer(provider: str = "Alder", **changes: Any) -> dict[str, Any]:
    told = {
        "provider_name": provider,
        "tag": f"{provider.lower()}/fp8",
        "quantization": "fp8",
        "context_length": 202_752,
        "pricing": {
            "prompt": "0.0000006",
            "completion": "0.00000192",
            "input_cache_read": "0.00000012",
            "discount": 0,
        },
        "status": 0,
        "uptime_last_30m": 99.5,
        "uptime_last_1d": 98,
        "latency_last_30m": {"p50": 850, "p90": 1200},
        "throughput_last_30m": {"p50": 41.5},
    }
    return told | changes


def priced(provider: str = "Alder", **prices: Any) -> dict[str, Any]:
    """An offer with other prices, USD per token as text."""
    return offer(
        provider, pricing={"prompt": "0.0000006", "completion": "0.000002"} | prices
    )
