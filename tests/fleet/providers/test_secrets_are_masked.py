import pytest

from fleet.providers.masking import mask_args, scrub, secret_values
from fleet.vllm.command import redacted


@pytest.mark.parametrize(
    ("args", "masked"),
    [
        ("--api-key sk-1 --port 8000", "--api-key *** --port 8000"),
        ("--api-key=sk-1 --port 8000", "--api-key=*** --port 8000"),
        ("--port 8000 --api-key 'sk 1'", "--port 8000 --api-key ***"),
        ("--api-key sk-1 sk-2 --port 1", "--api-key *** --port 1"),
        ('--hf-token "hf_1" --port 1', "--hf-token *** --port 1"),
        ("--api-key=-sk-1 --port 1", "--api-key=*** --port 1"),  # a key may begin so
        ("--api-key= --port 1", "--api-key= --port 1"),
        ("--port 8000", "--port 8000"),
    ],
)
def test_the_value_of_a_secret_flag_is_replaced(args: str, masked: str):
    assert mask_args(args) == masked


def test_a_command_line_in_words_is_masked_the_same_way():
    words = ["--api-key", "sk-1", "sk-2", "--port", "1", "--hf-token=hf_1"]

    assert redacted(words) == ["--api-key", "***", "***", "--port", "1", "--hf-token=***"]


def test_the_secrets_of_a_command_line_can_be_scrubbed_from_an_echo():
    secrets = secret_values("--port 1 --api-key='sk-planted' --x")

    assert scrub("unknown argument --api-key=sk-planted", secrets) == (
        "unknown argument --api-key=***"
    )


def test_short_values_are_left_alone_because_they_would_blank_out_words():
    assert scrub("disk must be at least 1", ["1", "disk"]) == "disk must be at least 1"
