"""Keeps the account on disk: a file per pod, and one for the rest.

A file per pod, so that creating the thousandth pod writes one small file and not all of
them. Files are replaced, never rewritten: a kill leaves the old text or the new one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from fleet.sandbox import pods
from fleet.sandbox.demand import Tokens
from fleet.sandbox.pods import Pod
from fleet.sandbox.serverless import Endpoint, Job, Worker
from fleet.sandbox.volumes import NetworkVolume


@dataclass
class Account:
    """Everything that is neither a pod nor a serverless endpoint.

    credit_usd       opening balance and top-ups
    create_attempts  pod name -> create requests that named it, answered or not
    """

    credit_usd: Decimal
    create_attempts: dict[str, int] = field(default_factory=dict)
    volumes: dict[str, NetworkVolume] = field(default_factory=dict)


class StateFiles:
    """The state folder; only one sandbox may use it at a time."""

    def __init__(self, folder: Path) -> None:
        self._account = folder / "account.json"
        self._pods = folder / "pods"
        self._pods.mkdir(parents=True, exist_ok=True)
        self._endpoints = folder / "endpoints"
        self._endpoints.mkdir(exist_ok=True)

    def load(self, opening_balance_usd: Decimal) -> tuple[Account, dict[str, Pod]]:
        """What was kept, or a new account; a broken file is not skipped: it is money."""
        account = Account(opening_balance_usd)
        if self._account.exists():
            account = _account_from_json(json.loads(self._account.read_text()))
        found = [
            pods.from_json(json.loads(path.read_text()))
            for path in self._pods.glob("*.json")
        ]
        return account, {
            pod.id: pod for pod in sorted(found, key=lambda pod: pod.created_at)
        }

    def load_endpoints(self) -> dict[str, Endpoint]:
        """The serverless endpoints that were kept."""
        found = [
            _endpoint_from_json(json.loads(path.read_text()))
            for path in self._endpoints.glob("*.json")
        ]
        return {item.id: item for item in sorted(found, key=lambda each: each.created_at)}

    def save_endpoint(self, endpoint: Endpoint) -> None:
        """Keep one serverless endpoint with its workers and jobs; on disk at return."""
        kept = asdict(endpoint) | {"fee_share": str(endpoint.fee_share)}
        for worker in kept["workers"]:
            worker["usd_per_worker_hour"] = str(worker["usd_per_worker_hour"])
        _replace(self._endpoints / f"{endpoint.id}.json", kept)

    def save_pod(self, pod: Pod) -> None:
        """Keep one pod; on disk when this returns (a power cut is not guarded against)."""
        _replace(self._pods / f"{pod.id}.json", pods.to_json(pod))

    def save_account(self, account: Account) -> None:
        """Keep the rest."""
        kept = asdict(account) | {"credit_usd": str(account.credit_usd)}
        _replace(self._account, kept)


def _account_from_json(kept: dict[str, Any]) -> Account:
    volumes = {key: NetworkVolume(**item) for key, item in kept["volumes"].items()}
    return Account(Decimal(kept["credit_usd"]), kept["create_attempts"], volumes)


def _endpoint_from_json(kept: dict[str, Any]) -> Endpoint:
    workers = [
        Worker(**item | {"usd_per_worker_hour": Decimal(item["usd_per_worker_hour"])})
        for item in kept["workers"]
    ]
    jobs = {
        key: Job(**item | {"tokens": Tokens(**item["tokens"])})
        for key, item in kept["jobs"].items()
    }
    changed: dict[str, Any] = {"workers": workers, "jobs": jobs}
    changed |= {"fee_share": Decimal(kept["fee_share"]), "tokens": Tokens(**kept["tokens"])}
    return Endpoint(**kept | changed)


def _replace(path: Path, value: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value))
    os.replace(fresh, path)
