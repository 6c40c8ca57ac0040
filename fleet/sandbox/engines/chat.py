"""Chat requests and answers of the replay engine, in the words of vLLM 0.32."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from fleet.sandbox.engines.command import VllmCommand
from fleet.sandbox.engines.tiny_model import prompt_token_count

BLOCK_TOKENS = 32  # as the real engine of the sandbox is started
DEFAULT_MAX_TOKENS = 16
MAX_CACHED_BLOCKS = 100_000
WORDS = ("price ", "token ", "pod ", "hour ", "answer ", "model ", "cache ", "night ")


class ChatRefused(Exception):
    """A request vLLM refuses, with its status and the parameter at fault."""

    def __init__(self, status: int, message: str, param: str | None) -> None:
        super().__init__(message)
        self.status, self.param = status, param

    def body(self) -> dict[str, Any]:
        """The error as OpenAI's clients expect it."""
        kind = "NotFoundError" if self.status == 404 else "BadRequestError"
        told = {
            "message": str(self),
            "type": kind,
            "param": self.param,
            "code": self.status,
        }
        return {"error": told}


@dataclass(frozen=True)
class Chat:
    """One accepted request.

    prompt         the messages' contents in order
    prompt_tokens  counted as the tiny tokenizer counts
    max_tokens     length of the answer; a replay always uses all of it
    """

    id: str
    model: str
    created: int
    prompt: tuple[str, ...]
    prompt_tokens: int
    max_tokens: int
    stream: bool
    include_usage: bool

    def word(self, index: int) -> str:
        """The answer's token at `index`, the same for the same prompt."""
        return WORDS[(self.prompt_tokens + index) % len(WORDS)]

    def usage(self, cached: int, details: bool) -> dict[str, Any]:
        """The usage block of the finished answer."""
        used: dict[str, Any] = {
            "prompt_tokens": self.prompt_tokens,
            "total_tokens": self.prompt_tokens + self.max_tokens,
            "completion_tokens": self.max_tokens,
        }
        return used | {
            "prompt_tokens_details": {"cached_tokens": cached} if details else None
        }

    def completion(self, cached: int, details: bool) -> dict[str, Any]:
        """The whole answer of a request that does not stream."""
        content = "".join(self.word(index) for index in range(self.max_tokens))
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": content},
            "logprobs": None,
            "finish_reason": "length",
        }
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": self.usage(cached, details),
        }

    def chunk(
        self,
        delta: dict[str, str] | None,
        *,
        finish_reason: str | None = None,
        usage: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """One chunk of a stream; without `delta` it is the closing one with the usage."""
        choice = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish_reason,
        }
        chunk: dict[str, Any] = {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [] if delta is None else [choice],
        }
        return chunk if usage is None else chunk | {"usage": usage}


class PrefixCache:
    """Which prefixes were seen, in whole blocks, as vLLM's prefix cache counts them."""

    def __init__(self) -> None:
        self._blocks: set[bytes] = set()

    def cached(self, prompt: tuple[str, ...]) -> int:
        """Prompt tokens already known; the prompt is known afterwards.

        The last token is always computed, so a full repeat is not cached to its end.
        """
        if len(self._blocks) > MAX_CACHED_BLOCKS:
            self._blocks.clear()
        tokens = _token_bytes(prompt)
        chain, known, unbroken = b"", 0, True
        for end in range(BLOCK_TOKENS, len(tokens) + 1, BLOCK_TOKENS):
            block = b"".join(tokens[end - BLOCK_TOKENS : end])
            chain = blake2b(chain + block, digest_size=16).digest()
            unbroken = unbroken and chain in self._blocks
            if unbroken and end < len(tokens):
                known = end
            self._blocks.add(chain)
        return known


def read_chat(raw: bytes, command: VllmCommand, *, created: int) -> Chat:
    """The request, or ChatRefused with vLLM's status and a sentence."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise ChatRefused(400, f"JSON decode error: {error}", "body") from error
    if not isinstance(body, dict):
        raise ChatRefused(400, "the body must be a JSON object", "body")
    model = body.get("model") or command.served_names[0]
    if model not in command.served_names:
        names = ", ".join(command.served_names)
        message = f"The model `{model}` does not exist. Valid aliases: {names}."
        raise ChatRefused(404, message, "model")
    prompt = _contents(body.get("messages"))
    prompt_tokens = prompt_token_count(list(prompt))
    max_tokens = _max_tokens(body)
    length = command.max_model_length
    if prompt_tokens + max_tokens > length:
        message = (
            f"This model's maximum context length is {length} tokens. However, you "
            f"asked for {prompt_tokens} prompt and {max_tokens} completion tokens."
        )
        raise ChatRefused(400, message, "input_tokens")
    options = body.get("stream_options") or {}
    return Chat(
        id="chatcmpl-" + blake2b(raw, digest_size=8).hexdigest(),
        model=model,
        created=created,
        prompt=prompt,
        prompt_tokens=prompt_tokens,
        max_tokens=max_tokens,
        stream=bool(body.get("stream")),
        include_usage=isinstance(options, dict) and bool(options.get("include_usage")),
    )


def _contents(messages: Any) -> tuple[str, ...]:
    if not isinstance(messages, list) or not messages:
        raise ChatRefused(
            400, "messages: a list with at least one message is required", "messages"
        )
    contents = []
    for index, message in enumerate(messages):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            parts = [part.get("text", "") for part in content if isinstance(part, dict)]
            content = "".join(str(part) for part in parts)
        if not isinstance(content, str):
            where = f"messages[{index}].content"
            raise ChatRefused(400, f"{where}: a text is required", where)
        contents.append(content)
    return tuple(contents)


def _max_tokens(body: dict[str, Any]) -> int:
    value = body.get("max_completion_tokens", body.get("max_tokens"))
    if value is None:
        return DEFAULT_MAX_TOKENS
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ChatRefused(400, f"max_tokens must be at least 1, got {value}.", "max_tokens")
    return int(value)


def _token_bytes(prompt: tuple[str, ...]) -> list[bytes]:
    """A stand-in for token ids: begin, each message's start and bytes, and the end."""
    tokens = [b"<begin>"]
    for content in prompt:
        tokens.append(b"<message>")
        tokens += [bytes((byte,)) for byte in content.encode()]
    return [*tokens, b"<answer>"]
