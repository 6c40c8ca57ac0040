"""`manage.py size_model` with a known name, a file, and nonsense."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

TINY = {
    "model_type": "llama",
    "num_hidden_layers": 4,
    "hidden_size": 1024,
    "num_attention_heads": 8,
    "intermediate_size": 4096,
    "vocab_size": 32_000,
    "max_position_embeddings": 4096,
    "quantization_config": {"quant_method": "fp8"},
}


def said(*words: Any, **options: Any) -> str:
    out = StringIO()
    call_command("size_model", *words, stdout=out, **options)
    return out.getvalue()


def tokens(text: str) -> int:
    """The tokens of KV cache that the command told."""
    line = next(line for line in text.splitlines() if "tokens of KV cache" in line)
    return int(line.split()[0].replace(",", ""))


def test_a_known_model_gets_its_verdict_terms_and_tokens():
    text = said("zai-org/GLM-5-FP8", "H200", gpus=8, max_model_len=131_072)

    assert "GLM-5: 743.9 billion parameters, 41.8 active, in fp8" in text
    assert "131,072 tokens: FITS" in text
    assert "weights" in text
    assert "tokens of KV cache" in text


def test_what_is_short_says_by_how_much_and_what_would_help():
    text = said("llama-3.1-8b", "RTX 4090")

    assert "SHORT by" in text
    assert "  or: Lower max_model_len to " in text


def test_a_file_tells_its_own_precision(tmp_path: Path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TINY))

    assert "in fp8" in said(str(path), "L4")


def test_a_checkpoint_with_scales_for_its_cache_keeps_it_in_fp8(tmp_path: Path):
    scaled = {"quant_method": "modelopt", "quant_algo": "FP8", "kv_cache_scheme": "FP8"}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TINY | {"quantization_config": scaled}))

    half = said(str(path), "L4", kv_cache_dtype="bfloat16")
    assert tokens(said(str(path), "L4")) == pytest.approx(2 * tokens(half), rel=0.001)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [("{", "is not JSON"), ("[]", "is not a JSON object"), ("{}", "no num_hidden_layers")],
)
def test_a_file_of_something_else_gets_a_sentence(tmp_path: Path, body: str, sentence: str):
    path = tmp_path / "config.json"
    path.write_text(body)

    with pytest.raises(CommandError, match=sentence):
        said(str(path), "L4")


@pytest.mark.parametrize(
    ("words", "options", "sentence"),
    [
        (("nowhere.json", "L4"), {}, "cannot be read"),
        (("llama-3.1-8b", "L4"), {"precision": "int3"}, "precision is 'int3'"),
        (("llama-3.1-8b", "L4"), {"share": "much"}, "share is 'much'"),
        (("no such model", "L4"), {}, "use owner/name"),
    ],
)
def test_nonsense_gets_a_sentence(words: Any, options: Any, sentence: str):
    with pytest.raises(CommandError, match=sentence):
        said(*words, **options)
