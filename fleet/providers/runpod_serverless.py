"""Serverless endpoints of RunPod, a thin wrapper over the `runpod` package.

Its exceptions become ours, its retries are switched off (a run that was sent twice is
paid for twice), and its address is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter

from fleet.providers.errors import (
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Unauthorized,
)
from fleet.providers.resources import EndpointHealth
from fleet.providers.runpod_http import REFUSALS

ENDPOINT_BASE_URL = "https://api.runpod.ai/v2"  # RUNPOD_ENDPOINT_BASE_URL overrides it
TIMEOUT_SECONDS = 15

Answer = TypeVar("Answer")


class ServerlessEndpoint:
    """One serverless endpoint.

    base_url  of RunPod's endpoints, with /v2; without the id of the endpoint
    """

    def __init__(
        self, endpoint_id: str, *, api_key: str, base_url: str = ENDPOINT_BASE_URL
    ) -> None:
        # Imported here: it brings boto3, fastapi and paramiko and takes over a second,
        # which no page and no pod needs to pay.
        from runpod import Endpoint

        if not endpoint_id.isalnum() or not endpoint_id.isascii():
            raise ValueError(
                f"endpoint_id is {endpoint_id!r}; it must be letters and digits."
            )
        self.endpoint_id = endpoint_id
        self._endpoint = Endpoint(endpoint_id, api_key=api_key)
        client = self._endpoint.rp_client
        client.endpoint_url_base = base_url.rstrip("/")
        for scheme in ("http://", "https://"):
            client.rp_session.mount(scheme, HTTPAdapter(max_retries=0))

    def __repr__(self) -> str:
        return f"ServerlessEndpoint({self.endpoint_id!r}, api_key=***)"

    def run(self, payload: Mapping[str, Any]) -> str:
        """Queue a job with `payload` as its input; the job's id. Not sent twice."""
        job = _translate(lambda: self._endpoint.run({"input": dict(payload)}))
        return str(job.job_id)

    def health(self) -> EndpointHealth:
        """Jobs and workers now."""
        body = _translate(lambda: self._endpoint.health(timeout=TIMEOUT_SECONDS))
        return _translate(lambda: _health(body))

    def purge(self) -> int:
        """Remove the queued jobs; how many were removed. Running jobs are not touched."""
        body = _translate(lambda: self._endpoint.purge_queue(timeout=TIMEOUT_SECONDS))
        return _translate(lambda: int(body["removed"]))


def _health(body: Mapping[str, Any]) -> EndpointHealth:
    jobs, workers = body["jobs"], body["workers"]
    return EndpointHealth(
        jobs_in_queue=int(jobs["inQueue"]),
        jobs_in_progress=int(jobs["inProgress"]),
        jobs_completed=int(jobs["completed"]),
        jobs_failed=int(jobs["failed"]),
        workers_idle=int(workers["idle"]),
        workers_running=int(workers["running"]),
    )


def _translate(call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except requests.HTTPError as error:
        raise _refusal(error) from None  # its text holds the whole address
    except RuntimeError as error:  # what the package raises for 401
        raise Unauthorized("RunPod refused the key", status=401) from error
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise ProviderUnavailable(f"serverless endpoint: {type(error).__name__}") from error


def _refusal(error: requests.HTTPError) -> ProviderError:
    status = error.response.status_code
    if status == 429:
        return RateLimited("RunPod limits the rate of requests", status=status)
    if status in REFUSALS:
        return REFUSALS[status](f"RunPod answered {status}", status=status)
    if 400 <= status < 500 and status != 408:
        return ProviderRefused(f"RunPod answered {status}", status=status)
    return ProviderUnavailable(f"serverless endpoint: HTTP {status}")
