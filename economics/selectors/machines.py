"""Every machine that could serve a model: what is offered, crossed with its weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from economics.calc.serving_day import start_seconds
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.planner.money import Throughput
from economics.planner.option import Fitting, Machine, Price, Speed
from economics.planner.question import PlanQuestion
from economics.selectors.fits import fitting_of, sizing_of
from economics.selectors.kept import Kept
from economics.selectors.kept_speeds import figure, is_answered, planned_sequences, told
from economics.selectors.planned_models import PlannedModel, Weights
from fleet.models import SpeedEstimate
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.selectors.offers import Offer, best_offers
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.sizing.fit import size
from fleet.throughput.speed_question import SpeedQuestion

COUNTS = (1, 2, 4, 8)
BOOT_SECONDS = Decimal(90)  # image, CUDA graphs, warm-up
DOES_NOT_FIT = Unknown("it does not fit, so it serves nothing")
QUESTIONS_KEPT = 24  # of pages that are looked at again and again


@dataclass(frozen=True, slots=True)
class Load:
    """What a question asks of a machine, without its money: see `PlanQuestion`.

    cached_share, max_tpot_ms, max_ttft_ms  as a question about a speed takes them
    """

    prompt_tokens: int
    completion_tokens: int
    cached_share: float
    concurrency: int | None
    max_tpot_ms: float | None
    max_ttft_ms: float | None
    needed_model_len: int
    gpu_memory_utilization: Decimal
    load_gb_per_second: Decimal

    @property
    def mean_tokens(self) -> int:
        """[tokens] of the mean request."""
        return self.prompt_tokens + self.completion_tokens

    @classmethod
    def of(cls, question: PlanQuestion) -> Load:
        """That of a question."""
        return cls(
            prompt_tokens=question.prompt_tokens,
            completion_tokens=question.completion_tokens,
            cached_share=float(question.cached_share),
            concurrency=question.concurrency,
            max_tpot_ms=_float(question.max_tpot_ms),
            max_ttft_ms=_float(question.max_ttft_ms),
            needed_model_len=question.needed_model_len,
            gpu_memory_utilization=question.gpu_memory_utilization,
            load_gb_per_second=question.load_gb_per_second,
        )


@dataclass(frozen=True, slots=True)
class Machines:
    """All machines of a question, and the speeds that nobody has worked out yet."""

    machines: list[Machine]
    missing: list[SpeedQuestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One for each set of weights, GPU and count of a question: the same by identity."""

    weights: Weights
    gpu: str
    gpu_count: int


@dataclass(frozen=True, slots=True)
class _Fit:
    fitting: Fitting
    disk_gb: int


@dataclass(frozen=True, slots=True)
class Shaped:
    """The shapes of a question at some offers, sized; and the speeds to ask for.

    asked  by shape, of those that fit
    """

    load_gb_per_second: Decimal
    pairs: list[tuple[Offer, Shape]]
    fits: dict[Shape, _Fit]
    asked: dict[Shape, SpeedQuestion]


def machines_of(
    question: PlanQuestion,
    model: PlannedModel,
    *,
    now: datetime,
    with_changes: bool = False,
) -> Machines:
    """Every offer with every count and every set of weights. About five queries."""
    offers, stamp = best_offers(now), evidence_stamp(now=now)
    one = shaped(question, model, offers, stamp=stamp, with_changes=with_changes)
    known = answers(list(one.asked.values()))
    return _MACHINES.of(
        (model.slug, Load.of(question), with_changes),
        (one, answered(known)),
        lambda: machines_in(one, known),
    )


_SHAPED: Kept[Shaped] = Kept(most=QUESTIONS_KEPT)
_MACHINES: Kept[Machines] = Kept(most=QUESTIONS_KEPT)


def answered(known: Mapping[str, SpeedEstimate]) -> dict[str, dict[str, Any] | None]:
    """What each question was answered; None where it is not yet."""
    return {key: row.answer if is_answered(row) else None for key, row in known.items()}


def shaped(
    question: PlanQuestion,
    model: PlannedModel,
    offers: Sequence[Offer],
    *,
    stamp: str,
    with_changes: bool = False,
) -> Shaped:
    """Every offer with every count and every set of weights, sized. No query.

    Equal questions about equal offers are given one result, the same object.
    """
    load = Load.of(question)
    return _SHAPED.of(
        (model.slug, load, with_changes),
        (model, tuple(offers), stamp),
        lambda: _shaped(load, model, offers, stamp, with_changes),
    )


def _shaped(
    load: Load,
    model: PlannedModel,
    offers: Iterable[Offer],
    stamp: str,
    with_changes: bool,
) -> Shaped:
    counted = [(offer, count) for offer in offers for count in counts_of(offer)]
    fits: dict[Shape, _Fit] = {}
    pairs: list[tuple[Offer, Shape]] = []
    for weights in model.weights:
        shapes: dict[tuple[str, int], Shape] = {}
        for offer, count in counted:
            gpu = offer.gpu_type_id or offer.gpu_name
            shape = shapes.get((gpu, count))
            if shape is None:
                shape = shapes[gpu, count] = Shape(weights, gpu, count)
                fits[shape] = fit_of(load, model, shape, with_changes)
            pairs.append((offer, shape))
    asked = {
        shape: speed_question(load, model, shape, fit.fitting, stamp)
        for shape, fit in fits.items()
        if fit.fitting.ok
    }
    return Shaped(load.load_gb_per_second, pairs, fits, asked)


def machines_in(one: Shaped, known: Mapping[str, SpeedEstimate]) -> Machines:
    """Sized shapes with the speeds that are known, by the keys of their questions."""
    shapes = {shape for _, shape in one.pairs}
    speeds = {shape: speed_of(one.asked.get(shape), known) for shape in shapes}
    machines = [
        machine_of(one.load_gb_per_second, offer, shape, one.fits[shape], speeds[shape])
        for offer, shape in one.pairs
    ]
    missing = [each for each in one.asked.values() if not is_answered(known.get(each.key))]
    return Machines(machines, missing)


def fit_of(load: Load, model: PlannedModel, shape: Shape, with_changes: bool) -> _Fit:
    """Whether a shape fits, with the disk that its weights need."""
    sizing = sizing_of(
        model,
        shape.weights,
        gpu=shape.gpu,
        gpu_count=shape.gpu_count,
        max_model_len=load.needed_model_len,
        gpu_memory_utilization=load.gpu_memory_utilization,
    )
    result = size(sizing)
    mean = load.mean_tokens
    fitting = fitting_of(sizing, result, mean_tokens=mean, with_changes=with_changes)
    return _Fit(fitting, result.disk_gb or 0)


def counts_of(offer: Offer) -> Iterator[int]:
    """The GPU counts of a replica that an offer can give on one machine."""
    return (count for count in COUNTS if offer.holds(count) and count >= offer.gpu_count)


def speed_question(
    load: Load, model: PlannedModel, shape: Shape, fitting: Fitting, stamp: str
) -> SpeedQuestion:
    """What is asked about the speed of a shape that fits."""
    return SpeedQuestion(
        model=shape.weights.repository,
        precision=shape.weights.precision.name,
        gpu=shape.gpu,
        gpu_count=shape.gpu_count,
        tensor_parallel=shape.gpu_count,
        prompt_tokens=load.prompt_tokens,
        completion_tokens=load.completion_tokens,
        cached_share=load.cached_share,
        concurrency=load.concurrency,
        max_tpot_ms=load.max_tpot_ms,
        max_ttft_ms=load.max_ttft_ms,
        max_sequences=planned_sequences(fitting.max_sequences),
        stamp=stamp,
        model_slug=model.slug,
    )


def speed_of(
    asked: SpeedQuestion | None, known: Mapping[str, SpeedEstimate]
) -> Speed | Unknown:
    """The kept answer as a speed; why there is none, otherwise."""
    if asked is None:
        return DOES_NOT_FIT
    answer = told(known.get(asked.key))
    if isinstance(answer, Unknown):
        return answer
    return Speed(
        throughput=Throughput(
            TokenSeconds(
                figure(answer["uncached_prompt_seconds"]),
                figure(answer["cached_prompt_seconds"]),
                figure(answer["completion_seconds"]),
            ),
            min(figure(answer["low"]), Decimal(1)),
        ),
        high=max(figure(answer["high"]), Decimal(1)),
        kind=str(answer["kind"]),
        source=str(answer["source"]),
        dated=date.fromisoformat(answer["dated"]) if answer["dated"] else None,
        concurrency=int(answer["concurrency"]),
        output_tokens_per_second=figure(answer["output_tokens_per_second"]),
        ttft_ms=None if answer["ttft_ms"] is None else figure(answer["ttft_ms"]),
        tpot_ms=figure(answer["tpot_ms"]),
        words=str(answer["words"]),
        limited_by=str(answer["limited_by"]),
    )


def machine_of(
    load_gb_per_second: Decimal,
    offer: Offer,
    shape: Shape,
    fit: _Fit,
    speed: Speed | Unknown,
) -> Machine:
    """One machine with its price, at the provider that offers it."""
    weights, count = shape.weights, shape.gpu_count
    gpus = offer.usd_per_replica_hour(count)
    assert gpus is not None  # `counts_of` gave only counts that it holds
    disk = Decimal(0)
    if offer.rentable_here:  # other providers' disks are in the price, or not known
        disk = container_disk_usd_per_hour(fit.disk_gb)
    return Machine(
        key=_key(offer, shape),
        provider=offer.provider,
        cloud=offer.cloud.lower(),
        kind=offer.kind,
        gpu_type_id=offer.gpu_type_id,
        gpu_name=_short(offer.gpu_name),
        gpu_count=count,
        precision=weights.precision.name,
        repository=weights.repository,
        disk_gb=fit.disk_gb,
        price=Price(
            usd_per_hour=gpus + disk,
            usd_per_gpu_hour=gpus / count,
            source=offer.source.replace("_", " "),
            observed_at=offer.observed_at,
            stale=offer.is_stale,
            stock=offer.stock.lower() if offer.stock != "UNKNOWN" else "",
            rentable=offer.rentable_here,
        ),
        fitting=fit.fitting,
        speed=speed,
        start_seconds=start_seconds(
            weight_gb=weights.weight_gb,
            load_gb_per_second=load_gb_per_second,
            boot_seconds=BOOT_SECONDS,
        ),
    )


def _key(offer: Offer, shape: Shape) -> str:
    """Stable for the same product and shape, whatever its row is."""
    parts = (
        *(offer.provider, offer.cloud, offer.kind, offer.region, offer.product),
        *(shape.gpu_count, shape.weights.precision.name, shape.weights.repository),
    )
    return "~".join(str(part) for part in parts).replace(" ", "_").lower()


def _short(name: str) -> str:
    return name.removeprefix("NVIDIA ").removeprefix("GeForce ")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
