"""GET /api/v1/models: what can be planned for and sized."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from economics.selectors.plan_json import text
from economics.selectors.planned_models import (
    PlannedModel,
    Weights,
    every_model,
    like,
    planned_model,
)
from fleet.sizing.architecture import AttentionKind
from fleet.sizing.precision import PRECISIONS
from kerne_site.api import Asked, Endpoint, Parameter, Problem, a_name, api_view
from kerne_site.api import schemas as s
from kerne_site.api.asked import shown
from kerne_site.api.problems import Fault

BILLION = Decimal(10**9)
MODEL = Parameter(
    "model", "A slug of /api/v1/models.", s.TEXT, required=True, example="llama-3.1-8b"
)


@api_view()
def models(request: HttpRequest) -> dict[str, Any]:
    """Every model, uploaded ones first, with the weights that are known of it."""
    Asked(request.GET).check()
    return {"models": [model_of(each) for each in every_model()]}


def model_asked(asked: Asked) -> PlannedModel:
    """The model that the address names; call it after every `take`.

    Raises Problem with every fault of the address.
    """
    slug = asked.take("model", a_name, default="")
    asked.miss("model")
    asked.check()
    model = planned_model(slug)
    if model is None:
        near = like(slug)
        hint = f"did you mean {' or '.join(near)}" if near else "/api/v1/models lists all"
        sentence = f"model is {shown(slug)}, which is unknown; {hint}."
        raise Problem(400, sentence, errors=[Fault("model", sentence)])
    return model


def model_of(model: PlannedModel) -> dict[str, Any]:
    architecture = model.architecture
    return {
        "slug": model.slug,
        "name": model.name,
        "parameters_billion": billions(architecture.parameters.total),
        "active_parameters_billion": billions(architecture.active_parameters),
        "layers": architecture.layers,
        "max_context_tokens": architecture.max_context,
        "attention": sorted({group.kind.value for group in architecture.attention}),
        "source": model.source,
        "weights": [weights_of(each) for each in model.weights],
    }


def weights_of(weights: Weights) -> dict[str, Any]:
    return {
        "repository": weights.repository,
        "precision": weights.precision.name,
        "weight_gb": text(weights.weight_gb),
        "is_counted": weights.counted,
        "is_published": weights.published,
    }


def billions(parameters: int | Decimal) -> str | None:
    """10^9 parameters, three decimals."""
    return text(round(Decimal(parameters) / BILLION, 3))


WEIGHTS = s.record(
    repository=s.TEXT,
    precision=s.words(*PRECISIONS),
    weight_gb=s.described(s.DECIMAL, "GB of 10^9 bytes."),
    is_counted=s.described(s.FLAG, "From the architecture; no file was measured."),
    is_published=s.described(s.FLAG, "False: a precision to compare with."),
)
MODELS = Endpoint(
    path="models",
    view=models,
    line="The models that can be planned for, with their weights.",
    answer=s.record(
        models=s.many(
            s.record(
                slug=s.TEXT,
                name=s.TEXT,
                parameters_billion=s.DECIMAL,
                active_parameters_billion=s.DECIMAL,
                layers=s.WHOLE,
                max_context_tokens=s.WHOLE,
                attention=s.many(s.words(*AttentionKind)),
                source=s.TEXT,
                weights=s.many(WEIGHTS),
            )
        )
    ),
)
