from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fleet.models import Action, BalanceReading, Deployment, GpuOffer


@pytest.fixture(autouse=True)
def _read_just_now(deployment, pod, settings) -> None:
    """The command reads the real clock: prices and balance are of now."""
    settings.FLEET_LAUNCH_GUARD = "tests.fleet.services.conftest.allow"
    GpuOffer.objects.update(seen_at=timezone.now())
    BalanceReading.objects.update(read_at=timezone.now())


def act(*words: str, **options: str) -> str:
    said = StringIO()
    call_command("act", *words, stdout=said, **options)
    return said.getvalue()


def test_without_a_confirmation_it_only_plans():
    said = act("scale", "deployment=llama-a", "replicas=2")

    assert "replicas 1 to 2" in said
    assert "costs         $0.75/h" in said
    assert "$0.75/h to $1.50/h" in said
    assert "Nothing was changed." in said
    assert Deployment.objects.get().replicas == 1


def test_confirmed_it_is_the_action_of_the_page():
    act("scale", "deployment=llama-a", "replicas=2", confirm="ada")

    assert Deployment.objects.get().replicas == 2
    assert Action.objects.get().confirmed_by == "ada"


def test_the_same_key_does_it_once():
    act("stop", "deployment=llama-a", confirm="ada", key="k" * 40)
    with pytest.raises(CommandError, match="is stopped already"):
        act("stop", "deployment=llama-a", confirm="ada", key="k" * 40)

    assert Action.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scale", "deployment=llama-a", "replicas=no"], "write a whole number"),
        (["scale", "replica=2"], "scale takes deployment=…, replicas=…"),
        (["scale", "2"], "'2' is not understood"),
        (["stop", "deployment=b"], "does not exist"),
    ],
)
def test_nonsense_gets_a_sentence(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        act(*words)
