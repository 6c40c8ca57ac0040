from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from economics.models import MarketModel, MarketVolume
from economics.selectors.successors import follows, successors_of
from tests.clock import NOON
from tests.market.boards import make_market

pytestmark = pytest.mark.django_db


def launched(slug: str, day: int, *, source: str = "simulated") -> MarketModel:
    return MarketModel.objects.create(
        source=source,
        slug=slug,
        name=slug,
        launched_at=datetime(2026, 3, day, tzinfo=UTC),
        first_seen_at=NOON,
        last_seen_at=NOON,
    )


def tokens(slug: str, day: int, count: int) -> None:
    MarketVolume.objects.create(
        source="simulated",
        slug=slug,
        day=date(2026, 3, day),
        tokens=count,
        as_of=NOON,
        read_at=NOON,
    )


@pytest.mark.parametrize(
    ("newer", "older", "is_next"),
    [
        ("z-ai/glm-5.2", "z-ai/glm-5", True),
        ("z-ai/glm-5.3-flash", "z-ai/glm-5", True),
        ("z-ai/glm-5:free", "z-ai/glm-5", False),
        ("z-ai/cogview-4", "z-ai/glm-5", False),
        ("meta-llama/llama-3.3-70b-instruct", "meta-llama/llama-3.1-8b-instruct", False),
        ("meta-llama/llama-3.2-8b-instruct", "meta-llama/llama-3.1-8b-instruct", True),
        ("qwen/qwen3-8b", "qwen/qwen-2.5-7b-instruct", False),
        ("z-ai/glm-5", "z-ai/glm-5", False),
    ],
)
def test_a_successor_is_of_the_same_family_and_size(newer, older, is_next):
    assert follows(newer, older) is is_next


def test_a_newer_model_is_told_with_its_share_of_the_tokens_of_both():
    glm = make_market()
    launched("z-ai/glm-5.1", 8)
    for slug, count in (("z-ai/glm-5", 100), ("z-ai/glm-5.1", 300)):
        tokens(slug, 9, count)
    tokens("z-ai/glm-5", 10, 50)  # of the other nobody knows that day yet

    (found,) = successors_of(glm, now=NOON)

    assert (found.launched_on, found.days_after) == (date(2026, 3, 8), 25)
    assert (found.share, found.day) == (Decimal("0.75"), date(2026, 3, 9))


def test_the_newest_stands_first_and_one_of_tomorrow_does_not_count():
    glm = make_market()
    launched("z-ai/glm-5.1", 2)
    launched("z-ai/glm-5.2", 9)
    launched("z-ai/glm-5.3", 11)

    names = [each.model.slug for each in successors_of(glm, now=NOON)]

    assert names == ["z-ai/glm-5.2", "z-ai/glm-5.1"]


def test_another_source_and_another_maker_tell_nothing():
    glm = make_market()
    launched("z-ai/glm-5.1", 8, source="openrouter")
    launched("z-ai2/glm-5.1", 8)

    assert successors_of(glm, now=NOON) == []


def test_a_share_that_nobody_counted_is_unknown():
    glm = make_market()
    launched("z-ai/glm-5.1", 8)

    (found,) = successors_of(glm, now=NOON)

    assert isinstance(found.share, Unknown)
