"""Requests to a pod's vLLM, and the tokens that its answers say were used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests

SHARED_PREFIX = "You are a careful clerk who counts every token twice. " * 8
REQUEST_SECONDS = 120


@dataclass
class Usage:
    """Sums of the `usage` fields; `prompt` contains `cached`."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    requests: int = 0

    def add(self, usage: dict[str, Any]) -> None:
        self.prompt += usage["prompt_tokens"]
        self.cached += (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        self.completion += usage["completion_tokens"]
        self.requests += 1


def send(base_url: str, api_key: str, model: str, *, count: int) -> Usage:
    """`count` chat requests: every third streams, every second shares a long prefix."""
    used = Usage()
    for number in range(count):
        text = f"Question {number}: what is {number} times {number}?"
        if number % 2:
            text = SHARED_PREFIX + text
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": 8 + number,
        }
        used.add(ask(base_url, api_key, body, stream=number % 3 == 0))
    return used


def ask(
    base_url: str, api_key: str, body: dict[str, Any], *, stream: bool
) -> dict[str, Any]:
    """The `usage` of one answer; a streamed one says it in its last chunk."""
    url = f"{base_url}/v1/chat/completions"
    headers = {"Authorization": f"Bearer {api_key}"}
    if not stream:
        answer = requests.post(url, json=body, headers=headers, timeout=REQUEST_SECONDS)
        assert answer.status_code == 200, answer.text
        usage: dict[str, Any] = answer.json()["usage"]
        return usage
    body = body | {"stream": True, "stream_options": {"include_usage": True}}
    usages = []
    with requests.post(
        url, json=body, headers=headers, stream=True, timeout=REQUEST_SECONDS
    ) as answer:
        assert answer.status_code == 200, answer.text
        for line in answer.iter_lines():
            if line.startswith(b"data: {"):
                chunk = json.loads(line.removeprefix(b"data: "))
                if chunk.get("usage"):
                    usages.append(chunk["usage"])
    return dict(usages[-1])
