"""The Hugging Face hub: a model's config.json by its name, and nothing else."""

from __future__ import annotations

import re

import requests

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
TIMEOUT_SECONDS = (3.0, 10.0)  # to connect, to read
MOST_BYTES = 1_000_000
CHUNK = 65_536


class HubUnavailable(ValueError):
    """No configuration came; the message says why and what to do instead."""


def fetch_config(repository: str, *, base_url: str) -> bytes:
    """The bytes of `repository`'s config.json, at most `MOST_BYTES`.

    Raises HubUnavailable with a sentence: a name that is none, no network, a model that
    is not there or needs a licence, an answer that is too large.
    """
    if not REPOSITORY.fullmatch(repository):
        raise HubUnavailable(
            f"Name is {repository[:60]!r}; a model on the hub is written as owner/name, such "
            "as Qwen/Qwen3-8B."
        )
    url = f"{base_url.rstrip('/')}/{repository}/resolve/main/config.json"
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, stream=True) as answer:
            refuse_status(repository, answer.status_code)
            return limited(repository, answer)
    except requests.RequestException as error:
        raise HubUnavailable(
            f"The hub does not answer ({type(error).__name__}); download the model's "
            "config.json elsewhere and choose the file here."
        ) from error


def refuse_status(repository: str, status: int) -> None:
    """Raises HubUnavailable for every answer that is not the file."""
    if status == 200:
        return
    if status in (401, 403):
        raise HubUnavailable(
            f"The hub gives {repository} only to accounts that accepted its licence; "
            "download its config.json with yours and choose the file here."
        )
    if status == 404:
        raise HubUnavailable(f"The hub has no {repository}, or no config.json in it.")
    raise HubUnavailable(f"The hub answered HTTP {status}; try again later.")


def limited(repository: str, answer: requests.Response) -> bytes:
    """The body, read no further than the limit."""
    content = b""
    for chunk in answer.iter_content(CHUNK):
        content += chunk
        if len(content) > MOST_BYTES:
            raise HubUnavailable(
                f"The config.json of {repository} is larger than {MOST_BYTES:,} bytes; that "
                "is no configuration of a model."
            )
    return content
