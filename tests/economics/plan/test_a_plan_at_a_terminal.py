import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fleet.models import SpeedEstimate
from tests.economics.plan.offers import LLAMA, two_offers, work_out

pytestmark = pytest.mark.django_db
# Without the test's own transaction: the database ends one that waits for the estimator
# for longer than 30 s, which a busy machine takes to load it.
AS_AT_A_TERMINAL = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worked_out():
    """Two offers whose speeds are known already."""
    two_offers()
    return work_out({})


def plan(*words: str, model: str = LLAMA) -> tuple[str, str]:
    """(stdout, stderr) of the command."""
    out, trouble = StringIO(), StringIO()
    call_command("plan", model, *words, stdout=out, stderr=trouble)
    return out.getvalue(), trouble.getvalue()


def options_of(*words: str) -> list[dict]:
    return json.loads(plan("--json", *words)[0])["options"]


def test_a_line_an_option_cheapest_token_first(worked_out):
    out, trouble = plan()

    head, *lines = out.splitlines()
    assert head.startswith("Llama 3.1 8B")
    assert "prices: " in head
    assert len(lines) == len(worked_out.options)
    assert "/1M" in lines[0]
    assert trouble == ""


def test_json_is_the_whole_answer(worked_out):
    told = json.loads(plan("--json")[0])

    assert [each["key"] for each in told["options"]] == [
        each.machine.key for each in worked_out.options
    ]
    assert told["speeds_being_worked_out"] == 0


def test_a_gpu_is_chosen_by_a_part_of_its_name(worked_out):
    for part in ("H200", "h200", "NVIDIA H200"):
        assert {each["gpu_type_id"] for each in options_of("--gpu", part)} == {
            "NVIDIA H200"
        }


def test_a_gpu_and_a_precision_together(worked_out):
    kept = options_of("--gpu", "H200", "--precision", "fp8")

    assert {(each["gpu_type_id"], each["precision"]) for each in kept} == {
        ("NVIDIA H200", "fp8")
    }


def test_a_count_is_chosen(worked_out):
    assert {each["gpu_count"] for each in options_of("--count", "2")} == {2}


def test_what_is_asked_is_what_is_answered(worked_out):
    work_out({"prompt_tokens": "700", "mix": "0.35,0.62,0.03", "utilization": "0.25"})
    words = "--prompt-tokens 700 --mix 0.35,0.62,0.03 --utilization 0.25"

    told = json.loads(plan("--json", *words.split())[0])

    assert told["question"]["prompt_tokens_per_request"] == 700
    assert told["question"]["utilization"] == "0.25"
    assert told["mix"] == {
        "uncached_prompt": "0.35",
        "cached_prompt": "0.62",
        "completion": "0.03",
    }


def test_changes_are_looked_for_when_asked(worked_out):
    words = ("--max-model-len", "131072", "--gpu", "4090", "--count", "1")
    work_out({"max_model_len": "131072"})

    told = options_of(*words, "--changes")

    assert any(each["smallest_changes"] for each in told if not each["fits"])


@AS_AT_A_TERMINAL
def test_a_speed_that_nobody_knows_is_worked_out_here():
    two_offers()

    out, trouble = plan("--json", "--gpu", "H200", "--precision", "bf16")

    (option,) = json.loads(out)["options"]
    assert option["speed"] is not None
    assert "working out 1 speeds" in trouble
    assert SpeedEstimate.objects.count() == 1  # of the one shape that was asked for


@AS_AT_A_TERMINAL
def test_a_row_that_breaks_leaves_the_others_their_answers():
    two_offers()
    SpeedEstimate.objects.create(
        key="0" * 64,
        question={"of": "another release"},
        wanted_at="2026-01-01T00:00Z",
        used_at="2026-01-01T00:00Z",
    )

    out, trouble = plan("--json", "--gpu", "H200", "--precision", "bf16")

    assert json.loads(out)["options"][0]["speed"] is not None
    assert "broke" in trouble


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--prompt-tokens", "many"), "--prompt-tokens: Prompt is 'many'; write a whole"),
        (("--prompt-tokens", "1e9999999"), "write a whole number"),
        (("--utilization", "2"), "--utilization: Utilization is 2; use a share"),
        (("--utilization", "-1"), "Utilization is -1"),
        (("--mix", "0.5,0.5,0.5"), "--mix: Mix is 0.5 \\+ 0.5 \\+ 0.5 = 1.5"),
        (("--mix", "a"), "write three shares"),
        (("--price-prompt", "0.1"), "--price-completion: Completion price is missing"),
        (("--count", "0"), "--count is '0'; write a number of GPUs: 1 or more."),
        (("--count", "two"), "--count is 'two'"),
        (("--gpu", "MI300X"), "No offer matches --gpu, --count and --precision."),
        (("--precision", "fp99"), "No offer matches"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_leaves_no_row(worked_out, words, sentence):
    before = SpeedEstimate.objects.count()

    with pytest.raises(CommandError, match=sentence):
        plan(*words)

    assert SpeedEstimate.objects.count() == before


def test_every_fault_has_a_line(worked_out):
    with pytest.raises(CommandError) as refusal:
        plan("--hours", "x", "--starts", "y")

    assert len(str(refusal.value).splitlines()) == 2


def test_an_unknown_model_gets_its_neighbours(worked_out):
    with pytest.raises(CommandError, match="Model 'llama-3.1-8' is unknown; did you mean"):
        plan(model="llama-3.1-8")
    with pytest.raises(CommandError, match="the plan page lists all"):
        plan(model="?")


def test_without_any_offer_it_says_so():
    with pytest.raises(CommandError, match="No GPU offer is known"):
        plan()
