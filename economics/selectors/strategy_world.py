"""Today's world for the check of a written plan: sizing, speed, offers, market."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.calc.unknown import Unknown
from economics.market import public
from economics.market.public import MarketQuote, MarketTraffic, QuoteKind
from economics.planner.strategy.world import FitAnswer, RentAnswer, Shape, SpeedAnswer
from economics.selectors.fits import sizing_of
from economics.selectors.kept_speeds import figure, is_answered, planned_sequences, told
from economics.selectors.machines import COUNTS
from economics.selectors.planned_models import (
    PlannedModel,
    Weights,
    counted_gb,
    planned_model,
)
from fleet.models import ServedModel
from fleet.providers.runpod import CAPABILITIES
from fleet.selectors.offers import Offer, best_offers
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.sizing.advice import smallest_change
from fleet.sizing.fit import SizingResult, size
from fleet.sizing.gpus import GpuSpec, gpu_named
from fleet.sizing.precision import PRECISIONS, precision_named, variant_of
from fleet.throughput.speed_question import SpeedQuestion

GB, GIB = Decimal(10**9), Decimal(2**30)
ASSUMED_CONTEXT = 8_192  # tokens, where a plan does not tell its longest request
SHARE = Decimal("0.90")
TPOT_MS = 50.0  # the latency that a plan is judged at: 20 tokens a second a user
SANDBOX = "sandbox"
KINDS = {"spot": "interruptible"}  # as a plan says it: as the provider declares it
MOST_CHANGES = 1


@dataclass(frozen=True, slots=True)
class _Asked:
    model: PlannedModel
    weights: Weights


class TodayWorld:
    """Answers from the console's own parts, as of `now`. Offers are read once.

    missing  speeds that nobody has worked out yet; a worker must be asked for them
    """

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self._offers: list[Offer] | None = None
        self.stamp = evidence_stamp(now=now)
        self.missing: list[SpeedQuestion] = []

    def parameters_billion(self, model: str) -> Decimal | Unknown:
        found = planned_model(model)
        if found is None:
            return _unknown_model(model)
        return Decimal(found.architecture.parameters.total) / Decimal(10**9)

    def max_context(self, model: str) -> int | Unknown:
        found = planned_model(model)
        return _unknown_model(model) if found is None else found.architecture.max_context

    def bytes_against_bf16(self, model: str, precision: str) -> Decimal | Unknown:
        found = planned_model(model)
        told = precision_named(precision)
        if found is None or told is None:
            return _unknown_model(model)
        architecture = found.architecture
        whole = counted_gb(architecture, PRECISIONS["bf16"])
        return whole / counted_gb(architecture, variant_of(told, architecture))

    def recommended_flags(self, model: str) -> tuple[str, ...] | Unknown:
        found = ServedModel.objects.filter(slug=model).first()
        if found is None:
            return Unknown(f"the flags of {model} are not known")
        flags = ["--enable-prompt-tokens-details"]
        if found.tool_call_parser:
            flags += [
                "--enable-auto-tool-choice",
                f"--tool-call-parser {found.tool_call_parser}",
            ]
        if found.reasoning_parser:
            flags.append(f"--reasoning-parser {found.reasoning_parser}")
        return tuple(flags)

    def fit(
        self,
        model: str,
        precision: str,
        gpu: str,
        gpu_count: int,
        *,
        tensor_parallel: int | None,
        max_model_len: int | None,
    ) -> FitAnswer | Unknown:
        asked = _asked(model, precision)
        if isinstance(asked, Unknown):
            return asked
        spec = gpu_named(gpu)
        if spec is None:
            return Unknown(f"the GPU {gpu!r} is not one that we know")
        sizing = sizing_of(
            asked.model,
            asked.weights,
            gpu=spec.gpu_type_id,
            gpu_count=gpu_count,
            tensor_parallel=tensor_parallel,
            max_model_len=max_model_len or ASSUMED_CONTEXT,
            gpu_memory_utilization=SHARE,
        )
        result = size(sizing)
        instead = ""
        if not result.ok:
            changes = smallest_change(sizing)[:MOST_CHANGES]
            instead = changes[0].sentence.rstrip(".") if changes else ""
        return FitAnswer(
            ok=result.ok,
            reasons=result.reasons,
            weights_gib=asked.weights.weight_gb * GB / GIB,
            memory_gib=spec.memory_gib * gpu_count,
            instead=instead,
        )

    def smallest(self, model: str) -> Shape | Unknown:
        """Of the published weights, on one machine, by today's price."""
        found = planned_model(model)
        if found is None:
            return _unknown_model(model)
        best: tuple[Decimal, Shape] | None = None
        for offer in self.offers():
            spec = gpu_named(offer.gpu_type_id) if offer.gpu_type_id else None
            if spec is None or offer.kind != "on_demand" or offer.provider == SANDBOX:
                continue
            for count in (each for each in COUNTS if offer.holds(each)):
                price = offer.usd_per_replica_hour(count)
                assert price is not None
                if best is not None and price >= best[0]:
                    continue
                weights = self._first_fit(found, spec.gpu_type_id, count)
                if weights is not None:
                    shape = Shape(weights.precision.name, short_name(spec), count)
                    best = (price, shape)
        return best[1] if best else Unknown("no machine that is offered can run it")

    def _first_fit(self, model: PlannedModel, gpu: str, count: int) -> Weights | None:
        for weights in model.weights:
            if weights.published and _sized(model, weights, gpu, count).ok:
                return weights
        return None

    def speed(
        self, model: str, precision: str, gpu: str, gpu_count: int
    ) -> SpeedAnswer | Unknown:
        asked, spec = _asked(model, precision), gpu_named(gpu)
        traffic = self.traffic(model)
        if isinstance(asked, Unknown):
            return asked
        if isinstance(traffic, Unknown):
            return traffic
        if spec is None:
            return Unknown(f"the GPU {gpu!r} is not one that we know")
        result = _sized(asked.model, asked.weights, spec.gpu_type_id, gpu_count)
        if not result.ok:
            return Unknown("it does not start there")
        prompt = round(traffic.prompt_tokens_per_request)
        completion = max(1, round(traffic.completion_tokens_per_request))
        held = result.max_sequences(prompt + completion)
        question = SpeedQuestion(
            model=asked.weights.repository,
            precision=asked.weights.precision.name,
            gpu=spec.gpu_type_id,
            gpu_count=gpu_count,
            tensor_parallel=gpu_count,
            prompt_tokens=prompt,
            completion_tokens=completion,
            cached_share=float(traffic.cached_share),
            concurrency=None,
            max_tpot_ms=TPOT_MS,
            max_ttft_ms=None,
            max_sequences=planned_sequences(held),
            stamp=self.stamp,
            model_slug=asked.model.slug,
        )
        answer = self._told(question)
        if isinstance(answer, Unknown):
            return answer
        output = figure(answer["output_tokens_per_second"])
        return SpeedAnswer(
            tokens_per_second=output * (1 + traffic.prompts_per_completion),
            low=figure(answer["low"]),
            high=figure(answer["high"]),
            source=f"{answer['kind']}: {answer['source']}, {answer['dated']}",
        )

    def _told(self, question: SpeedQuestion) -> dict[str, Any] | Unknown:
        """The kept answer; without one the question is missing, and a worker is asked."""
        row = answers([question]).get(question.key)
        if not is_answered(row):
            self.missing.append(question)
        return told(row)

    def rents(self, gpu: str, gpu_count: int) -> dict[tuple[str, str], RentAnswer]:
        spec = gpu_named(gpu)
        found: dict[tuple[str, str], RentAnswer] = {}
        if spec is None:
            return found
        for offer in self.offers():
            named = gpu_named(offer.gpu_type_id) if offer.gpu_type_id else None
            same = named is not None and _is_same(named, spec)
            price = offer.usd_per_replica_hour(gpu_count)
            key = (offer.provider, offer.cloud.lower())
            if not same or price is None or offer.kind != "on_demand":
                continue
            if offer.provider == SANDBOX:  # play prices say nothing of the world
                continue
            seen, known = offer.observed_at.date(), found.get(key)
            newer = known is None or seen > known.observed_on
            if newer or (
                known and seen == known.observed_on and price < known.usd_per_hour
            ):
                source = f"{offer.source.replace('_', ' ')} {offer.note}".strip()
                found[key] = RentAnswer(price, seen, source)
        return found

    def kind_fault(self, provider: str, kind: str) -> str | None:
        if provider != "runpod":
            return None
        for each in CAPABILITIES:
            if each.kind == KINDS.get(kind, kind) and not each.offered:
                return f"{each.note} ({each.source}, as of {each.as_of})"
        return None

    def traffic(self, model: str) -> MarketTraffic | Unknown:
        return public.traffic().get(model) or Unknown(f"no traffic of {model} is known")

    def quote(self, model: str, kind: QuoteKind) -> MarketQuote | Unknown:
        return public.quote(model, kind) or Unknown(f"no price of {model} is known")

    def offers(self) -> list[Offer]:
        """Every offer of today; one query for all claims."""
        if self._offers is None:
            self._offers = best_offers(self.now)
        return self._offers


def _asked(model: str, precision: str) -> _Asked | Unknown:
    """A model in a precision: published weights, else counted ones."""
    found, told = planned_model(model), precision_named(precision)
    if found is None:
        return _unknown_model(model)
    if told is None:
        return Unknown(f"the precision {precision!r} is not one that we know")
    variant = variant_of(told, found.architecture)
    for weights in found.weights:
        if weights.precision.name == variant.name:
            return _Asked(found, weights)
    counted = counted_gb(found.architecture, variant)
    name = f"{found.name} ({variant.name.upper()})"
    return _Asked(found, Weights(name, variant, counted, counted=True, published=False))


def _sized(model: PlannedModel, weights: Weights, gpu: str, count: int) -> SizingResult:
    return size(
        sizing_of(
            model,
            weights,
            gpu=gpu,
            gpu_count=count,
            max_model_len=ASSUMED_CONTEXT,
            gpu_memory_utilization=SHARE,
        )
    )


def _is_same(one: GpuSpec, other: GpuSpec) -> bool:
    """Whether two types differ in their socket only: A100 80GB as PCIe and as SXM."""
    return one.compute_capability == other.compute_capability and round(
        one.memory_gib
    ) == round(other.memory_gib)


def short_name(spec: GpuSpec) -> str:
    """A GPU as people call it."""
    return spec.aliases[0] if spec.aliases else spec.gpu_type_id.removeprefix("NVIDIA ")


def _unknown_model(model: str) -> Unknown:
    return Unknown(f"the model {model!r} is not in the catalog")


def today_world(*, now: datetime) -> TodayWorld:
    """The world as the console knows it now."""
    return TodayWorld(now=now)
