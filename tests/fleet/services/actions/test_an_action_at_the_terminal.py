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


def test_the_same_key_does_it_once_and_says_that_it_was_done():
    act("stop", "deployment=llama-a", confirm="ada", key="k" * 40)
    said = act("stop", "deployment=llama-a", confirm="ada", key="k" * 40)

    action = Action.objects.get()
    assert said == (
        "Done before under this key; nothing was changed now:\n"
        f"  action {action.pk}, stop llama-a: /actions/{action.pk}/\n"
    )


def test_a_key_says_so_too_when_it_could_be_done_again():
    act("scale", "deployment=llama-a", "replicas=2", confirm="ada", key="nightly-1")
    Deployment.objects.update(replicas=1)

    said = act("scale", "deployment=llama-a", "replicas=2", confirm="ada", key="nightly-1")

    assert "Done before under this key" in said
    assert Deployment.objects.get().replicas == 1


def test_a_key_of_something_else_is_refused():
    act("scale", "deployment=llama-a", "replicas=2", confirm="ada", key="nightly-1")

    with pytest.raises(CommandError, match="key was used for scale llama-a, action"):
        act("stop", "deployment=llama-a", confirm="ada", key="nightly-1")
    with pytest.raises(CommandError, match="--key has 5 characters; write 8 to 40"):
        act("stop", "deployment=llama-a", confirm="ada", key="short")

    assert Action.objects.count() == 1


def test_a_number_with_a_zero_before_it_is_done_and_said_to_be():
    said = act("scale", "deployment=llama-a", "replicas=02", confirm="ada")

    assert "Confirmed as action" in said
    assert Deployment.objects.get().replicas == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scale", "deployment=llama-a", "replicas=no"], "write a whole number"),
        (["scale", "replica=2"], "scale takes deployment=…, replicas=…"),
        (["scale", "2"], "'2' is not understood"),
        (["stop", "deployment=b"], "does not exist"),
        (
            ["scale", "deployment=llama-a", "replicas=2", "replicas=3"],
            r"replicas is given 2 times \(2, 3\); write it once",
        ),
        (["adopt", "orphan=a", "orphan=b"], "orphan is given 2 times"),
        (["terminate", "deployment=llama-a"], "terminate takes pod="),
    ],
)
def test_nonsense_gets_a_sentence(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        act(*words)
