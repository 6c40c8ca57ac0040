"""Whose requests a log's rows are: a deployment where that can be told, else a model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fleet.csv_files import Row
from fleet.models import Deployment, ModelVariant, Pod, ServerlessEndpoint

SERVERLESS = "serverless"  # the rental kind whose workers no counter is read of
SHORTEST_ID = 6  # of a provider's id that is looked for in an address
NAMES_SHOWN = 6


@dataclass(frozen=True)
class Owner:
    """A model, and which deployment of it, where the log tells.

    earns  the deployment has no counters: the log is what it is paid by
    """

    model_id: int
    deployment_id: int | None
    name: str
    earns: bool


class Owners:
    """What is known of models, deployments, and the addresses that they answer at."""

    def __init__(self, deployments: Iterable[Deployment]) -> None:
        self.by_slug: dict[str, Owner] = {}
        self.of_model: defaultdict[int, list[Owner]] = defaultdict(list)
        self.models: dict[str, int] = {}
        self.by_address: dict[str, Owner] = {}
        with_pods = set(Pod.objects.values_list("deployment", flat=True).distinct())
        endpoints = list(ServerlessEndpoint.objects.exclude(provider_id=""))
        with_endpoints = {each.deployment_id for each in endpoints}
        for each in deployments:
            owner = Owner(
                model_id=each.variant.served_model_id,
                deployment_id=each.pk,
                name=each.slug,
                earns=each.rental_kind == SERVERLESS
                or (each.pk in with_endpoints and each.pk not in with_pods),
            )
            self.by_slug[each.slug] = owner
            self.of_model[owner.model_id].append(owner)
        self._read_models()
        self._read_addresses(endpoints)

    @classmethod
    def known(cls) -> Owners:
        """As the database has them now."""
        return cls(Deployment.objects.select_related("variant").order_by("pk"))

    def _read_models(self) -> None:
        for variant in ModelVariant.objects.select_related("served_model"):
            model = variant.served_model
            for name in (variant.repository, model.slug, model.name):
                self.models[name.lower()] = model.pk

    def _read_addresses(self, endpoints: Iterable[ServerlessEndpoint]) -> None:
        slugs = {owner.deployment_id: owner for owner in self.by_slug.values()}
        pods = Pod.objects.exclude(provider_id="").values_list("provider_id", "deployment")
        ids = [*pods, *((each.provider_id, each.deployment_id) for each in endpoints)]
        for provider_id, deployment_id in ids:
            if len(provider_id) >= SHORTEST_ID and deployment_id in slugs:
                self.by_address[provider_id] = slugs[deployment_id]

    def of(self, row: Row) -> Owner | None:
        """Whose request a row is; None with a fault that says what could be written."""
        slug = row.text("deployment")
        if slug:
            found = self.by_slug.get(slug)
            if found is None:
                row.fault("deployment", f"write one of {shown_names(self.by_slug)}.")
            return found
        return self._of_address(row.text("api_base")) or self._of_model(row)

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
