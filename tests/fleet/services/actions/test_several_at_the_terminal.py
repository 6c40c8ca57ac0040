"""A name more than once at the terminal is a plan of several, as on the page."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fleet.models import Action, BalanceReading, Deployment, GpuOffer, Pod
from tests.factories import make_deployment, make_pod

KEY = "nightly-0001"
BOTH = ("deployment=llama-a", "deployment=llama-b")


@pytest.fixture(autouse=True)
def second(deployment, pod, settings) -> Pod:
    """A second deployment with a pod, $0.75/h each. The command reads the real clock."""
    settings.FLEET_LAUNCH_GUARD = "tests.fleet.services.conftest.allow"
    GpuOffer.objects.update(seen_at=timezone.now())
    BalanceReading.objects.update(read_at=timezone.now())
    other = make_deployment(
        fleet=deployment.fleet,
        variant=deployment.variant,
        slug="llama-b",
        container_disk_gb=73,
    )
    return make_pod(deployment=other, name="pod-b", provider="fake", attempt=1)


def act(*words: str, **options: str) -> str:
    said = StringIO()
    call_command("act", *words, stdout=said, **options)
    return said.getvalue()


def refused(*words: str, **options: str) -> str:
    with pytest.raises(CommandError) as error:
        act(*words, **options)
    return str(error.value)


def wanted() -> dict[str, int]:
    return dict(Deployment.objects.values_list("slug", "replicas"))


def test_it_prints_every_part_the_sum_and_the_account_and_changes_nothing():
    said = act("scale", *BOTH, "replicas=3")

    assert said.startswith("Scale 2 deployments to 3?\nllama-a\n")
    parts, together = said.split("Together\n")
    assert parts.count("  change        replicas 1 to 3\n  costs         $1.50/h") == 2
    assert "\nllama-b\n" in parts
    assert together.startswith("  costs         $3.00/h\n  saves         $0.00/h\n")
    assert "  per day       $72.00\n" in together
    assert "  account       $1.50/h to $4.50/h at fake\n" in together
    assert "  balance lasts 13" in together
    assert said.endswith("Nothing was changed. Do it with --confirm USER.\n")
    assert wanted() == {"llama-a": 1, "llama-b": 1}


def test_confirmed_each_is_an_action_of_one_confirmation():
    said = act("stop", "deployment=llama-a", "pod=pod-b", confirm="ada", key=KEY)

    first, other = Action.objects.order_by("pk")
    assert (first.kind, other.kind) == ("stop", "terminate")
    assert {first.together, other.together} == {KEY}
    assert wanted() == {"llama-a": 0, "llama-b": 0}
    assert f"Confirmed as action {first.pk}, stop llama-a: /actions/{first.pk}/" in said
    assert f"Confirmed as action {other.pk}, terminate pod-b: " in said


def test_pods_alone_are_stopped_or_terminated_in_the_same_way(pod):
    assert act("stop", "pod=pod-b").startswith("Stop 1 pod?\npod-b\n")
    said = act("terminate", f"pod={pod.name}", "pod=pod-b", confirm="ada")

    assert said.startswith("Terminate 2 pods?\n")
    assert set(Action.objects.values_list("kind", flat=True)) == {"terminate"}


def test_what_is_lost_of_each_is_said_once():
    said = act("stop", *BOTH)

    assert said.count("It can not be taken back.") == 1
    assert "  of each       It can not be taken back." in said
    assert "  note          Ends: pod-b." in said


def test_a_name_twice_is_one_and_a_pod_inside_is_part_of_it():
    said = act("stop", "deployment=llama-b", "deployment=llama-b", "pod=pod-b")

    assert said.startswith("Stop 1 deployment?\nllama-b\n")
    assert "Together\n  costs         $0.00/h\n  saves         $0.75/h\n" in said


def test_the_same_key_does_it_once_and_says_that_it_was_done():
    act("stop", *BOTH, confirm="ada", key=KEY)

    said = act("stop", *BOTH, confirm="ada", key=KEY)

    assert said.startswith("Done before under this key; nothing was changed now:\n")
    assert "stop llama-a" in said and "stop llama-b" in said
    assert Action.objects.count() == 2


def test_a_start_without_a_number_is_known_again_by_its_key():
    Deployment.objects.update(replicas=0)
    Pod.objects.update(status="terminated", billed_until=timezone.now())
    act("start", *BOTH, confirm="ada", key=KEY)
    Deployment.objects.filter(slug="llama-a").update(replicas=3)

    assert "Done before" in act("start", *BOTH, confirm="ada", key=KEY)


def test_a_key_that_confirmed_something_else_is_refused():
    act("stop", "deployment=llama-a", confirm="ada", key=KEY)

    said = refused("stop", *BOTH, confirm="ada", key=KEY)

    assert "key was used for stop llama-a, action" in said
    assert wanted() == {"llama-a": 0, "llama-b": 1}


def test_a_part_that_can_not_be_done_is_named_and_nothing_is_done():
    said = refused("stop", *BOTH, "deployment=nobody", "pod=none", confirm="ada")

    assert said == (
        "2 of them can not be done, so nothing is:\n"
        "  nobody: Deployment 'nobody' does not exist; name one of the fleet page.\n"
        "  none: Pod 'none' does not exist; name one of the fleet page.\n"
        "Nothing was changed."
    )
    assert not Action.objects.exists()


def test_a_sum_above_the_limit_is_refused_with_its_rule(settings):
    settings.FLEET_LAUNCH_GUARD = f"{__name__}.at_most_two"

    said = act("scale", *BOTH, "replicas=3")
    not_done = refused("scale", *BOTH, "replicas=3", confirm="ada")

    assert "refused now   because of the limit: llama-a and 1 more is too much" in said
    assert "Not done, because of the limit" in not_done
    assert wanted() == {"llama-a": 1, "llama-b": 1}


def at_most_two(request) -> str | None:
    """A guard that allows $2.00/h of new rent in one plan."""
    over = request.new_usd_per_hour > Decimal(2)
    return f"limit: {request.words} is too much." if over else None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scale", *BOTH], "Replicas is ''; write a whole number from 1"),
        (["scale", *BOTH, "replicas=0"], "Replicas is '0'; write a whole number"),
        (["scale", *BOTH, "replicas=2", "replicas=3"], "replicas is given 2 times (2, 3)"),
        (["scale", *BOTH, "workers_min=1"], "workers_min is of one deployment alone"),
        (["scale", "pod=pod-b", "replicas=2"], "pod-b: A pod can not be scaled; select"),
        (["start", "pod=pod-b"], "pod-b: A pod can not be started; select its deployment."),
        (["stop", *BOTH, "replicas=2"], "'replicas=2' is not understood; stop takes"),
        (["stop", "deployment=llama-a", "deployment= "], "deployment= names nothing"),
        (["stop", "pod="], "pod= names nothing"),
        (["stop", *(f"pod=p-{n}" for n in range(51))], "51 are selected; at most 50"),
        (["settings", *BOTH], "deployment is given 2 times (llama-a, llama-b)"),
    ],
)
def test_nonsense_gets_a_sentence(words, sentence):
    said = refused(*words, confirm="ada")

    assert sentence in said and said.endswith("Nothing was changed.")
    assert not Action.objects.exists()
