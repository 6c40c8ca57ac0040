"""From a variant's row to an answer that names its evidence."""

from decimal import Decimal

import pytest

from fleet.selectors.throughput_answers import (
    replica_capacity,
    replica_estimate,
    work_of_variant,
)
from fleet.services.throughput_import import import_points
from fleet.throughput.evidence import Evidence
from fleet.throughput.traffic import Traffic
from tests.factories import NOW, make_llama, make_model, make_variant
from tests.fleet.throughput.points import csv_of

pytestmark = pytest.mark.django_db
RTX_4090 = "NVIDIA GeForce RTX 4090"
LOAD = Traffic(1000, 250, concurrency=16)


def test_an_imported_measurement_answers_for_the_same_thing():
    rows = csv_of({"gpu": "RTX 4090", "output_tok_s": 555}).encode()
    import_points("points.csv", rows, acting_user="operator", now=NOW)

    told = replica_estimate(
        make_llama(), gpu_type_id=RTX_4090, gpu_count=1, traffic=LOAD, now=NOW
    )

    assert told.kind is Evidence.PUBLISHED
    assert told.output_tokens_per_second == pytest.approx(555)


def test_without_any_measurement_the_roofline_answers():
    found = replica_capacity(
        make_llama(),
        gpu_type_id=RTX_4090,
        gpu_count=1,
        traffic=Traffic(1000, 250, max_tpot_ms=60),
        max_sequences=32,
        now=NOW,
    )

    assert found.estimate.kind in (Evidence.ROOFLINE, Evidence.ESTIMATOR_CORRECTED)
    assert 1 <= found.concurrency <= 32


def test_a_dense_model_that_nobody_lists_is_computed_from_its_row():
    listed, unlisted = work_of_variant(make_llama()), work_of_variant(make_variant())

    assert unlisted.kv_bytes_per_token == listed.kv_bytes_per_token
    assert unlisted.bytes_per_weight == pytest.approx(listed.bytes_per_weight, rel=0.01)


def test_experts_that_nobody_lists_are_not_guessed():
    model = make_model(
        parameters_billion=Decimal(100), active_parameters_billion=Decimal(8)
    )

    assert work_of_variant(make_variant(served_model=model)) is None
