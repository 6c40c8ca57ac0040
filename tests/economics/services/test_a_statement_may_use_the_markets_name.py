"""A marketplace names a model as it lists it, which may be no name of its weights."""

from datetime import UTC, datetime

import pytest

from economics.models import MarketListing, MarketModel, MarketSource
from economics.selectors.model_names import ModelNames
from fleet.models import ModelVariant
from tests import factories

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 12, tzinfo=UTC)


def listed(slug: str, hub: str) -> None:
    MarketModel.objects.create(
        source=MarketSource.OPENROUTER,
        slug=slug,
        name=slug,
        hugging_face_id=hub,
        first_seen_at=AT,
        last_seen_at=AT,
    )


def write_slug(variant: ModelVariant, slug: str) -> None:
    MarketListing.objects.create(
        served_model=variant.served_model, openrouter_slug=slug, changed_at=AT
    )


def test_the_markets_name_of_our_weights_is_our_model():
    ours = factories.make_variant(repository="Qwen/Qwen-Test2.5-7B-Instruct-FP8")
    listed("qwen/qwen-test-2.5-7b-instruct", "Qwen/Qwen-Test2.5-7B-Instruct")
    listed("nobody/else", "nobody/Else")
    listed("nobody/without-weights", "")

    names = ModelNames()

    for name in ("qwen/qwen-test-2.5-7b-instruct", "Qwen-Test-2.5-7B-Instruct:nitro"):
        assert names.of(name) == ours.served_model_id
    assert names.of("nobody/else") is None
    assert names.of("nobody/without-weights") is None


def test_weights_that_two_of_our_models_have_name_neither():
    factories.make_variant(repository="acme/Two-7B")
    factories.make_variant(repository="acme/Two-7B-FP8")
    listed("acme/the-two", "acme/Two-7B")

    assert ModelNames().of("acme/the-two") is None


def test_the_name_that_an_operator_wrote_is_the_only_one_on_the_market():
    written = factories.make_variant(repository="acme/Own-7B")
    other = factories.make_variant(repository="acme/Other-7B")
    write_slug(written, "acme/as-written")
    write_slug(other, "acme/as-listed")
    listed("acme/as-listed", "acme/Own-7B")

    names = ModelNames()

    assert names.of("acme/as-written") == written.served_model_id
    assert names.of("acme/as-listed") == other.served_model_id
