"""What a serverless worker makes of a job: as RunPod's worker-vllm, without a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fleet.sandbox.demand import Tokens
from fleet.sandbox.engines.chat import Chat, ChatRefused, read_chat
from fleet.sandbox.engines.command import VllmCommand, parse_command
from fleet.sandbox.engines.replay import CHAT_TOKENS_PER_SECOND

CHAT_ROUTE, MODELS_ROUTE = "/v1/chat/completions", "/v1/models"


@dataclass(frozen=True)
class Work:
    """The outcome of a job, known before it runs: nothing about a replay is random.

    answer   what the job's `output` will hold
    error    why it fails, empty when it does not
    seconds  how long a worker is busy with it
    """

    answer: Any
    error: str
    seconds: float
    tokens: Tokens


def command_of(shown: dict[str, Any]) -> VllmCommand:
    """The engine's command line, from worker-vllm's environment or vLLM's own flags.

    ValueError with a sentence when vLLM could not start with it.
    """
    env = dict(shown["env"])
    args = str(shown["args"] or "")
    if "MODEL_NAME" in env:
        args += f" --model {env['MODEL_NAME']}"
    if "OPENAI_SERVED_MODEL_NAME_OVERRIDE" in env:
        args += f" --served-model-name {env['OPENAI_SERVED_MODEL_NAME_OVERRIDE']}"
    if "MAX_MODEL_LEN" in env:
        args += f" --max-model-len {env['MAX_MODEL_LEN']}"
    return parse_command(args, env)


def work_of(given: Any, command: VllmCommand, *, created: int) -> Work:
    """The outcome of a job with this input; a bad one fails with vLLM's sentence."""
    if not isinstance(given, dict):
        return _failed("input: an object is required")
    route = given.get("openai_route")
    if route == MODELS_ROUTE:
        return Work(_models(command, created), "", 0.0, Tokens())
    if route == CHAT_ROUTE:
        return _chat(given.get("openai_input"), command, created, native=False)
    if route is not None:
        return _failed(f"openai_route: {CHAT_ROUTE} or {MODELS_ROUTE}, got {route!r}")
    messages = given.get("messages")
    if isinstance(given.get("prompt"), str):
        messages = [{"role": "user", "content": given["prompt"]}]
    sampling = given.get("sampling_params")
    options = sampling if isinstance(sampling, dict) else {}
    return _chat({"messages": messages} | options, command, created, native=True)


def _chat(body: Any, command: VllmCommand, created: int, *, native: bool) -> Work:
    try:
        chat = read_chat(json.dumps(body).encode(), command, created=created)
    except ChatRefused as refusal:
        return _failed(str(refusal))
    answer = _native(chat) if native else chat.completion(0, details=True)
    seconds = chat.max_tokens / CHAT_TOKENS_PER_SECOND
    return Work([answer], "", seconds, Tokens(chat.prompt_tokens, 0, chat.max_tokens))


def _native(chat: Chat) -> dict[str, Any]:
    words = "".join(chat.word(index) for index in range(chat.max_tokens))
    usage = {"input": chat.prompt_tokens, "output": chat.max_tokens}
    return {"choices": [{"tokens": [words]}], "usage": usage}


def _models(command: VllmCommand, created: int) -> list[Any]:
    models = [
        {"id": name, "object": "model", "created": created, "owned_by": "vllm"}
        for name in command.served_names
    ]
    return [{"object": "list", "data": models}]


def _failed(why: str) -> Work:
    return Work(None, why, 0.0, Tokens())
