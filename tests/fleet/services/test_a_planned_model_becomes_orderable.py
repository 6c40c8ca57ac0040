from decimal import Decimal

import pytest

from economics.selectors.fits import sizing_of
from economics.selectors.planned_models import (
    PlannedModel,
    Weights,
    known_models,
    planned_model,
)
from fleet.models import Attention, AuditEntry, ModelVariant, Precision, ServedModel
from fleet.selectors.serving import fit_of, serve_spec
from fleet.services.known_models import NotServable, WantedWeights, ensure_variant
from fleet.sizing.architecture import AttentionKind
from fleet.sizing.fit import size
from fleet.vllm.parsers import parsers_of
from tests.clock import NOON
from tests.fleet.services.configs import bring, file_of

pytestmark = pytest.mark.django_db
SHARE = Decimal("0.90")
LENGTH = 4096
CENTI_GB = 10_000_000  # bytes
BLOCK = 16  # tokens


def wanted(model: PlannedModel, weights: Weights, **changes: object) -> WantedWeights:
    given = {
        "slug": model.slug,
        "architecture": model.architecture,
        "repository": weights.repository,
        "precision": weights.precision.name,
        "weight_gb": weights.weight_gb,
    }
    return WantedWeights(**(given | changes))


def ensured(asked: WantedWeights) -> ModelVariant:
    return ensure_variant(asked, acting_user="ada", now=NOON)


def model_of(slug: str) -> PlannedModel:
    found = planned_model(slug)
    assert found is not None
    return found


def one_of_each_kind() -> dict[str, str]:
    """A slug of the catalog for each kind of attention that keeps a cache per token."""
    found: dict[str, str] = {}
    for slug, model in known_models().items():
        served = any(each.precision.name in Precision.values for each in model.weights)
        for group in model.architecture.attention:
            if served and model.architecture.caching:
                found.setdefault(group.kind.value, slug)
    return found


KINDS = one_of_each_kind()


def test_every_kind_of_attention_is_in_the_catalog():
    assert set(KINDS) == set(AttentionKind)


def test_done_twice_it_is_one_row_and_one_audit_row():
    model = model_of("qwen-3-32b")
    asked = wanted(model, model.weights[0])

    first, again = ensured(asked), ensured(asked)

    assert first == again
    assert AuditEntry.objects.filter(verb="add weights").count() == 1
    assert first.served_model.slug == "qwen-3-32b"


def test_other_weights_join_the_same_model():
    model = model_of("qwen-3-32b")

    made = [ensured(wanted(model, each)) for each in model.weights[:2]]

    assert len({each.served_model_id for each in made}) == 1
    assert ModelVariant.objects.filter(served_model__slug="qwen-3-32b").count() == 2


def test_weights_that_are_known_already_are_left_as_they_are():
    known = ModelVariant.objects.select_related("served_model").first()
    assert known is not None
    model = model_of("qwen-3-32b")

    found = ensured(
        wanted(model, model.weights[0], repository=known.repository, precision="bf16")
    )

    assert found == known


@pytest.mark.parametrize("precision", ["nf4", "int8", "fp99", ""])
def test_a_precision_that_is_not_served_is_refused(precision: str):
    model = model_of("qwen-3-32b")
    before = ServedModel.objects.count()

    with pytest.raises(NotServable, match="use one of bf16, fp8, int4, nvfp4, mxfp4"):
        ensured(wanted(model, model.weights[0], precision=precision))

    assert ServedModel.objects.count() == before


@pytest.mark.parametrize(
    "repository",
    [
        "Qwen/Qwen3-32B (INT4, where published)",
        "my model",
        "just-a-name",
        "a/b/c",
        "../etc",
    ],
)
def test_weights_that_nobody_can_fetch_are_refused(repository: str):
    model = model_of("qwen-3-32b")
    before = ServedModel.objects.count()

    with pytest.raises(NotServable, match="owner/name"):
        ensured(wanted(model, model.weights[0], repository=repository))

    assert ServedModel.objects.count() == before


def test_a_model_without_end_is_refused_before_the_database_does():
    huge = bring(
        file_of(num_hidden_layers=1_000, hidden_size=262_144, intermediate_size=4_194_304)
    )
    model = model_of(huge.slug)

    with pytest.raises(NotServable, match="billion parameters"):
        ensured(wanted(model, model.weights[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_each_attention_has_sensible_columns(kind: str):
    model = model_of(KINDS[kind])
    weights = next(
        each for each in model.weights if each.precision.name in Precision.values
    )

    row = ensured(wanted(model, weights)).served_model

    architecture = model.architecture
    assert row.layers == architecture.layers
    assert row.attention_heads == architecture.attention_heads
    assert 0 < row.active_parameters_billion <= row.parameters_billion
    assert 1 <= row.kv_heads <= row.attention_heads
    assert row.head_dim > 0
    assert row.max_context == architecture.max_context
    parsers = parsers_of(architecture.model_type, architecture.name)
    assert (row.tool_call_parser, row.reasoning_parser) == parsers
    latent = kind in ("mla", "sparse_mla", "compressed")
    assert (row.attention != Attention.GQA) is latent
    assert (row.kv_latent_dim > 0) is latent


@pytest.mark.parametrize("slug", sorted(known_models()))
def test_the_order_form_agrees_with_the_plan(slug: str):
    model = model_of(slug)
    if not model.architecture.caching:
        with pytest.raises(NotServable, match="keeps no cache per token"):
            ensured(wanted(model, model.weights[0]))
        return
    length = min(LENGTH, model.architecture.max_context)
    for weights in model.weights:
        if weights.precision.name not in Precision.values or not weights.published:
            continue
        variant = ensured(wanted(model, weights))
        for gpu, count in (("NVIDIA H200", 8), ("NVIDIA GeForce RTX 4090", 1)):
            planned = size(
                sizing_of(
                    model,
                    weights,
                    gpu=gpu,
                    gpu_count=count,
                    max_model_len=length,
                    gpu_memory_utilization=SHARE,
                )
            )
            ordered = fit_of(
                variant,
                gpu_type_id=gpu,
                gpu_count=count,
                max_model_len=length,
                gpu_memory_utilization=SHARE,
            )
            assert ordered.verdict == planned.verdict, (weights.repository, gpu)
            if planned.kv_tokens:
                # The row keeps weights in steps of 0.01 GB, rounded up.
                step = CENTI_GB / (planned.kv_bytes_per_token or 1) + BLOCK
                assert ordered.kv_tokens == pytest.approx(
                    planned.kv_tokens, rel=0.005, abs=float(step)
                )


def test_a_brought_model_is_sized_by_its_own_file_whatever_its_name():
    kept = bring(
        file_of(
            num_hidden_layers=32,
            hidden_size=4096,
            vocab_size=128_256,
            head_dim=64,  # half that of the model whose name it has
            max_position_embeddings=131_072,
        ),
        name="other-org/Llama-3.1-8B-Instruct",
    )
    model = model_of(kept.slug)
    variant = ensured(wanted(model, model.weights[0]))

    ordered = fit_of(
        variant,
        gpu_type_id="NVIDIA H200",
        gpu_count=1,
        max_model_len=LENGTH,
        gpu_memory_utilization=SHARE,
    )
    planned = size(
        sizing_of(
            model,
            model.weights[0],
            gpu="NVIDIA H200",
            gpu_count=1,
            max_model_len=LENGTH,
            gpu_memory_utilization=SHARE,
        )
    )
    assert ordered.weights_gib == pytest.approx(planned.weights_gib, rel=Decimal("0.001"))
    assert ordered.kv_tokens == pytest.approx(planned.kv_tokens, rel=0.005)


def test_what_was_made_has_a_command_line():
    model = model_of("qwen-3-32b")
    variant = ensured(wanted(model, model.weights[0]))

    spec = serve_spec(
        variant,
        gpu_count=2,
        max_model_len=LENGTH,
        gpu_memory_utilization=SHARE,
        api_key="sk-planted-0123456789",
    )

    assert spec.served_model_name == "qwen-3-32b"
    assert spec.reasoning_parser == "qwen3"
