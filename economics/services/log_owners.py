"""Whose requests a log's rows are: a deployment where that can be told, else a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fleet.csv_files import Row
from fleet.models import Deployment, ModelVariant, Pod, ServerlessEndpoint

SERVERLESS = "serverless"  # the rental kind whose workers no counter is read of
SHORTEST_ID = 6  # of a provider's id that is looked for in an address
NAMES_SHOWN = 6


@dataclass(frozen=True)
class Owner:
    """A model, and which deployment of it, where the log tells.

    earns  no counter tells of the request: the log is what it is paid by
    """

    model_id: int
    deployment_id: int | None
    name: str
    earns: bool


class Spans:
    """When something of a deployment was billed, [from, until); until None: still."""

    def __init__(self) -> None:
        self._found: defaultdict[int, list[tuple[datetime, datetime | None]]]
        self._found = defaultdict(list)

    def add(self, deployment: int, start: datetime | None, end: datetime | None) -> None:
        if start is not None:
            self._found[deployment].append((start, end))

    def hold(self, deployment: int, at: datetime) -> bool:
        spans = self._found.get(deployment, ())
        return any(start <= at and (end is None or at < end) for start, end in spans)


class Owners:
    """What is known of models, deployments, and the addresses that they answer at.

    A deployment may change between pods, which counters are read of, and an endpoint:
    each request is paid by its log only where no counter has it.
    """

    def __init__(self, deployments: Iterable[Deployment]) -> None:
        self.by_slug: dict[str, Owner] = {}
        self.of_model: defaultdict[int, list[Owner]] = defaultdict(list)
        self.models: dict[str, int] = {}
        self.by_address: dict[str, Owner] = {}
        endpoints = list(ServerlessEndpoint.objects.exclude(provider_id=""))
        pods = Pod.objects.exclude(provider_id="").only(
            "provider_id", "deployment_id", "billed_from", "billed_until"
        )
        self.pods, self.rentals = Spans(), Spans()
        with_pods = set()
        for pod in pods:
            with_pods.add(pod.deployment_id)
            self.pods.add(pod.deployment_id, pod.billed_from, pod.billed_until)
        rentals: set[int] = set()
        beside: set[int] = set()
        for each in endpoints:
            (rentals if each.is_rental else beside).add(each.deployment_id)
            if each.is_rental:
                self.rentals.add(each.deployment_id, each.billed_from, each.billed_until)
        for deployment in deployments:
            pk = deployment.pk
            owner = Owner(
                model_id=deployment.variant.served_model_id,
                deployment_id=pk,
                name=deployment.slug,
                earns=deployment.rental_kind == SERVERLESS
                or pk in rentals
                or (pk in beside and pk not in with_pods),
            )
            self.by_slug[deployment.slug] = owner
            self.of_model[owner.model_id].append(owner)
        self._read_models()
        self._read_addresses(pods, earns=False)
        self._read_addresses(endpoints, earns=True)

    @classmethod
    def known(cls) -> Owners:
        """As the database has them now."""
        return cls(Deployment.objects.select_related("variant").order_by("pk"))

    def _read_models(self) -> None:
        for variant in ModelVariant.objects.select_related("served_model"):
            model = variant.served_model
            for name in (variant.repository, model.slug, model.name):
                self.models[name.lower()] = model.pk

    def _read_addresses(
        self, answering: Iterable[Pod | ServerlessEndpoint], *, earns: bool
    ) -> None:
        owners = {owner.deployment_id: owner for owner in self.by_slug.values()}
        for each in answering:
            owner = owners.get(each.deployment_id)
            if owner is not None and len(each.provider_id) >= SHORTEST_ID:
                self.by_address[each.provider_id] = replace(owner, earns=earns)

    def of(self, row: Row, *, ended_at: datetime | None) -> Owner | None:
        """Whose request a row is; None with a fault that says what could be written."""
        answered = self._of_address(row.text("api_base"))
        owner = self._named(row, answered)
        if owner is None or owner.deployment_id is None or ended_at is None:
            return owner
        if answered is not None and answered.deployment_id == owner.deployment_id:
            return answered
        if not owner.earns or not self.pods.hold(owner.deployment_id, ended_at):
            return owner
        if self.rentals.hold(owner.deployment_id, ended_at):
            row.fault(
                "api_base",
                f"{owner.name} had pods and an endpoint then; write the address that "
                "answered, so that nothing is paid twice.",
            )
            return None
        return replace(owner, earns=False)

    def _named(self, row: Row, answered: Owner | None) -> Owner | None:
        slug = row.text("deployment")
        if slug:
            found = self.by_slug.get(slug)
            if found is None:
                row.fault("deployment", f"write one of {shown_names(self.by_slug)}.")
            return found
        return answered or self._of_model(row)

    def _of_address(self, address: str) -> Owner | None:
        words = address.replace("/", ".").replace("-", ".").replace(":", ".").split(".")
        return next((self.by_address[w] for w in words if w in self.by_address), None)

    def _of_model(self, row: Row) -> Owner | None:
        names = [row.text("model_group").lower(), row.text("model").lower()]
        names.append(names[1].partition("/")[2])  # hosted_vllm/NAME, as LiteLLM has it
        model = next((self.models[name] for name in names if name in self.models), None)
        if model is None:
            row.fault("model", f"write one of {shown_names(self._served())}.")
            return None
        owners = self.of_model[model]
        if len(owners) == 1:
            return owners[0]
        if any(owner.earns for owner in owners):
            several = ", ".join(owner.name for owner in owners)
            row.fault("deployment", f"the model has several; write one of {several}.")
            return None
        name = next(name for name in names if self.models.get(name) == model)
        return Owner(model, None, name, earns=False)

    def _served(self) -> list[str]:
        """Names of the models that have a deployment, for a sentence."""
        return [name for name, pk in self.models.items() if pk in self.of_model]


def shown_names(names: Iterable[str]) -> str:
    found = list(names)
    more = ", …" if len(found) > NAMES_SHOWN else ""
    return (", ".join(found[:NAMES_SHOWN]) or "none: nothing is deployed") + more
