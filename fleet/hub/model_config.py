"""Fetch a model's config.json from the hub.

    HubError
      HubUnreachable     no network, no answer in time: trying later may help
      ModelNotPublic     the hub knows no such file, or wants a login
      ConfigUnusable     an answer that is no configuration

The hub's answer is read up to a size, and a redirection followed only within the hub's
own host, so that a renamed model is found and no other address is ever asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

MOST_BYTES = 4 * 1024 * 1024  # the largest known, with its list of modules, is below 1 MB
CHUNK_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
MOST_REDIRECTIONS = 3
REPOSITORY = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)


class HubError(Exception):
    """The configuration did not come; the text is a sentence for an operator."""


class HubUnreachable(HubError):
    """No answer: no network, or too slow."""


class ModelNotPublic(HubError):
    """The hub has no such file for everyone to read."""


class ConfigUnusable(HubError):
    """What came is not a configuration."""


def fetch_config(repository: str, *, base_url: str) -> Mapping[str, Any]:
    """The parsed config.json of `repository` ("owner/name") at the hub `base_url`.

    Raises HubError with a sentence. Sends no token: only public models are asked for.
    """
    if not REPOSITORY.fullmatch(repository) or ".." in repository:
        raise ConfigUnusable(
            f"Repository is {repository[:100]!r}; use owner/name, such as "
            "meta-llama/Llama-3.1-8B-Instruct."
        )
    address = f"{base_url.rstrip('/')}/{repository}/resolve/main/config.json"
    host = urlsplit(base_url).netloc
    try:
        with requests.Session() as session:
            session.trust_env = False  # no stored login may travel to the hub
            with _answer(session, address, host) as answer:
                body = _checked(answer, repository, host)
    except requests.RequestException as failure:
        raise HubUnreachable(
            f"{host} did not answer ({type(failure).__name__}); check the network, or "
            "upload the model's config.json."
        ) from None
    return _parsed(body, repository)


def _answer(session: requests.Session, address: str, host: str) -> requests.Response:
    """The hub's last answer, after redirections within `host`."""
    for _ in range(MOST_REDIRECTIONS):
        answer = session.get(
            address,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True,
            allow_redirects=False,
        )
        address = urljoin(address, answer.headers.get("Location", ""))
        if not answer.is_redirect or urlsplit(address).netloc != host:
            return answer
        answer.close()
    raise HubUnreachable(f"{host} redirects in a circle; try again later.")


def _checked(answer: requests.Response, repository: str, host: str) -> bytes:
    status = answer.status_code
    if status in (401, 403, 404):
        raise ModelNotPublic(
            f"{host} has no public config.json of {repository} (HTTP {status}); check the "
            "name, or upload the file."
        )
    if status != 200:
        raise HubUnreachable(f"{host} answered HTTP {status}; try again later.")
    body = b""
    for chunk in answer.iter_content(CHUNK_BYTES):
        body += chunk
        if len(body) > MOST_BYTES:
            raise ConfigUnusable(
                f"The config.json of {repository} is larger than {MOST_BYTES:,} bytes."
            )
    return body


def _parsed(body: bytes, repository: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigUnusable(f"The config.json of {repository} is not a JSON object.")
    return found
