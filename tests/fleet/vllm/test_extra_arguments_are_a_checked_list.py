import pytest

from fleet.vllm.command import build_args
from fleet.vllm.extra_args import KNOWN, OF_MEMORY, OURS, beyond_the_estimate, normal
from tests.fleet.vllm.specs import llama


def test_they_come_last_in_the_command_line():
    args = build_args(llama(extra_args="--max-num-seqs 64 --enforce-eager"))

    assert args[-3:] == ["--max-num-seqs", "64", "--enforce-eager"]


def test_without_them_the_command_is_as_before():
    assert build_args(llama(extra_args="")) == build_args(llama())


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("  --max_num_seqs=64   --enforce-eager ", "--max-num-seqs 64 --enforce-eager"),
        ("--no-enable-chunked-prefill", "--no-enable-chunked-prefill"),
        ("--cpu-offload-gb 4.5", "--cpu-offload-gb 4.5"),
        ("--kv-cache-dtype fp8", "--kv-cache-dtype fp8"),
    ],
)
def test_they_are_stored_in_one_form(typed: str, stored: str):
    assert normal(typed) == stored
    assert normal(stored) == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("--api-key=abc", "hold a key or a token"),
        ("--hf-token hf_abcdefghij", "hold a key or a token"),
        ("--seed sk-abcdefghij", "hold a key or a token"),
        ("--max-model-len 9", "which Kerne sets itself: change Context."),
        ("-tp 2", "which Kerne sets itself: change GPUs per replica."),
        ("--no-enable-prompt-tokens-details", "the books need it"),
        ("--disable-log-stats", "can not be given here; known are --async-scheduling"),
        ("--enable-profit", "'--enable-profit', which can not be given here"),
        ("--no-max-num-seqs 4", "can not be given here"),
        ("64", "'64', which can not be given here"),
        ("--max-num-seqs", "write a whole number such as 64"),
        ("--max-num-seqs many", "--max-num-seqs 'many'; write a whole number"),
        ("--max-num-seqs -1", "write a whole number such as 64"),
        ("--max-num-seqs --enforce-eager", "write a whole number such as 64"),
        ("--cpu-offload-gb NaN", "write a number such as 4.5"),
        ("--kv-cache-dtype gold", "use one of auto, bfloat16"),
        ("--enforce-eager --no-enforce-eager", "have --enforce-eager twice"),
        ("--max-num-seqs 1 --max-num-seqs=2", "have --max-num-seqs twice"),
        ("--seed '1", "can not be read: No closing quotation"),
        ("--seed 1; rm -rf /", "write a whole number"),
        ("--seed 1\n--enforce-eager", "can not be given here"),
        ("--seed " + "1" * 300, "have 307 characters; write at most 300"),
    ],
)
def test_what_may_not_be_given_gets_a_sentence(typed: str, sentence: str):
    with pytest.raises(ValueError, match="^Extra arguments") as refused:
        normal(typed)

    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    [
        "--hf-token hf_Abc0123456789",
        "--api_key Abc0123456789",
        "--apikey=Abc0123456789",
        "-k Abc0123456789",
        "Abc0123456789",
        "--Abc0123456789",
        "--seed Abc0123456789",
        "--kv-cache-dtype Abc0123456789",
        "--cpu-offload-gb Abc0123456789",
        "--seed 1 Abc0123456789",
        "'Abc0123456789",
        "Abc0123456789\n",
    ],
)
def test_a_refusal_does_not_repeat_what_may_be_a_key(typed: str):
    with pytest.raises(ValueError, match="^Extra arguments") as refused:
        normal(typed)

    assert "Abc0123456789" not in str(refused.value)


def test_what_the_estimate_of_memory_does_not_count_is_named():
    said = beyond_the_estimate("--max-num-seqs 64 --seed 1 --no-enforce-eager")

    assert "does not count --enforce-eager, --max-num-seqs;" in said
    assert beyond_the_estimate("--seed 1") == ""


def test_no_flag_is_both_ours_and_known():
    assert not set(KNOWN) & set(OURS)
    assert set(OF_MEMORY) <= set(KNOWN)
