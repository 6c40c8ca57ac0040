"""From how many busy hours a day a pod is cheaper than serverless workers.

The arithmetic belongs to the money; the fleet brings its quantities and asks for it by the
dotted path in `SERVERLESS_CROSSOVER`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from fleet.models import Deployment, ModelVariant, ServerlessEndpoint
from fleet.selectors.start_up import past_starts, start_up, typical_cold_start
from fleet.selectors.throughput_points import published_points
from fleet.throughput.answer import best_estimate
from fleet.throughput.evidence import Evidence
from fleet.throughput.latency import Unknown
from fleet.throughput.model_work import known_work
from fleet.throughput.shape import ServingShape
from fleet.throughput.speed_question import SAME_SPEED
from fleet.throughput.traffic import Traffic

IN_FLIGHT = 16
TRAFFIC = Traffic(prompt_tokens=1_000, completion_tokens=250, concurrency=IN_FLIGHT)
ASSUMED_WAKES = Decimal(24)  # a day
DAY_SECONDS = Decimal(86_400)
NOT_ASKED = Unknown("The estimator takes seconds, and is not asked for this.")
HOURS = Decimal(24)


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity, its tag (measured, estimated, assumed) and where it comes from."""

    value: Decimal
    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class CrossoverAsk:
    """What is compared.

    usd_per_pod_hour      [USD/h] a pod with its disk, always on
    usd_per_worker_hour   [USD/h] a worker with as many GPUs
    wakes_per_day         how often a day a worker starts
    cold_start_seconds    [s] until it serves
    idle_timeout_seconds  [s] that it stays after its last job
    tokens_per_second     prompt and completion tokens of one worker while it is busy; None
                          where nothing says it
    """

    usd_per_pod_hour: Decimal
    usd_per_worker_hour: Decimal
    wakes_per_day: Known
    cold_start_seconds: Known
    idle_timeout_seconds: int
    tokens_per_second: Known | None


@dataclass(frozen=True, slots=True)
class CrossoverPoint:
    """Above these a pod is cheaper. 0 busy hours: always; above 24: never."""

    busy_hours_per_day: Decimal
    tokens_per_day: Decimal | None


Compare = Callable[[CrossoverAsk], CrossoverPoint]


def crossover_words(ask: CrossoverAsk) -> tuple[str, ...]:
    """The answer and what was put in, as sentences; nothing where nobody computes it."""
    if not settings.SERVERLESS_CROSSOVER:
        return ()
    compare: Compare = import_string(settings.SERVERLESS_CROSSOVER)
    point = compare(ask)
    return (answer_words(ask, point), input_words(ask))


def answer_words(ask: CrossoverAsk, point: CrossoverPoint) -> str:
    """Which of both is cheaper, and from when on."""
    pod = f"a pod of the same GPUs, always on at {ask.usd_per_pod_hour:.4f} USD/h"
    hours = point.busy_hours_per_day
    if not hours:
        return f"Its starts alone cost more than {pod}: the pod always is cheaper."
    if hours > HOURS:
        return f"It is cheaper than {pod}, however busy it is."
    words = f"Above {hours:.1f} busy hours a day {pod}, is cheaper"
    speed = ask.tokens_per_second
    if speed is None or point.tokens_per_day is None:
        return f"{words}; how many tokens that are is not known for this model."
    millions = point.tokens_per_day / 1_000_000
    return (
        f"{words}: above {millions:,.1f} million tokens a day at {speed.value:,.0f} "
        f"tokens/s of one worker ({speed.tag}: {speed.source})."
    )


def input_words(ask: CrossoverAsk) -> str:
    """The quantities that were put in, each with its tag."""
    wakes, cold = ask.wakes_per_day, ask.cold_start_seconds
    return (
        f"Put in: {ask.usd_per_worker_hour:.4f} USD per worker-hour; {wakes.value:.0f} "
        f"starts a day ({wakes.tag}: {wakes.source}); a cold start of {cold.value:.0f} s "
        f"({cold.tag}: {cold.source}); {ask.idle_timeout_seconds} s idle after each."
    )


def ask_for(
    variant: ModelVariant,
    *,
    gpu_type_id: str,
    gpu_count: int,
    simulated: bool,
    usd_per_pod_hour: Decimal,
    usd_per_worker_hour: Decimal,
    idle_timeout_seconds: int,
    wakes: Known | None = None,
    speed: Known | None = None,
) -> CrossoverAsk:
    """The quantities of a model on a machine; assumed where nothing was measured."""
    return CrossoverAsk(
        usd_per_pod_hour=usd_per_pod_hour,
        usd_per_worker_hour=usd_per_worker_hour,
        wakes_per_day=wakes or Known(ASSUMED_WAKES, "assumed", "one an hour"),
        cold_start_seconds=cold_start(
            variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count, simulated=simulated
        ),
        idle_timeout_seconds=idle_timeout_seconds,
        tokens_per_second=speed
        or speed_of(variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count),
    )


def cold_start(
    variant: ModelVariant, *, gpu_type_id: str, gpu_count: int, simulated: bool
) -> Known:
    """What is paid before the first token [s], as pods of the same kind took it."""
    pods = past_starts(
        variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count, simulated=simulated
    )
    past = typical_cold_start(pods)
    if past is not None:
        source = f"median of {past.count} pods with these weights on this machine"
        return Known(Decimal(str(past.seconds)), "measured", source)
    guess = start_up(
        variant, gpu_type_id=gpu_type_id, gpu_count=gpu_count, simulated=simulated
    )
    source = guess.source.removeprefix("estimate: ")
    return Known(Decimal(guess.seconds), "estimated", source)


def speed_of(variant: ModelVariant, *, gpu_type_id: str, gpu_count: int) -> Known | None:
    """Tokens/s of one worker under `TRAFFIC`, published or computed; None: not known."""
    precision = SAME_SPEED.get(variant.precision, variant.precision)
    work = known_work(variant.repository, precision)
    try:
        shape = ServingShape(
            model=work.model if work else variant.repository,
            precision=precision,
            gpu=gpu_type_id,
            gpu_count=gpu_count,
            tensor_parallel=gpu_count,
        )
    except ValueError:
        return None
    found = best_estimate(
        shape, work, TRAFFIC, published=published_points(), estimator=NOT_ASKED
    )
    if isinstance(found, Unknown):
        return None
    both = TRAFFIC.prompt_tokens + TRAFFIC.completion_tokens
    rate = found.output_tokens_per_second * both / TRAFFIC.completion_tokens
    is_measured = found.kind in (Evidence.OWN_MEASUREMENT, Evidence.PUBLISHED)
    source = (
        f"{found.kind.words}, {IN_FLIGHT} requests of {TRAFFIC.prompt_tokens} and "
        f"{TRAFFIC.completion_tokens} tokens at once"
    )
    return Known(
        Decimal(str(round(rate))), "measured" if is_measured else "estimated", source
    )


def wakes_seen(endpoint: ServerlessEndpoint | None, *, now: datetime) -> Known | None:
    """Cold starts a day of an endpoint, once a day of it was seen; None before that."""
    if endpoint is None or endpoint.billed_from is None:
        return None
    seconds = Decimal(str((now - endpoint.billed_from).total_seconds()))
    if seconds < DAY_SECONDS:
        return None
    return Known(endpoint.cold_starts * DAY_SECONDS / seconds, "measured", "at least")


def own_speed(deployment: Deployment) -> Known | None:
    """The deployment's own peak, as its row has it; None where it has none."""
    peak = deployment.peak_tokens_per_second
    if peak is None:
        return None
    source = deployment.peak_source or "of one replica at full batch"
    tag = "measured" if source.lower().startswith("measured") else "estimated"
    return Known(peak, tag, source)
