from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fleet.models import ModelConfig

LLAMA_LIKE = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}
BERT = {"architectures": ["BertForMaskedLM"], "model_type": "bert", "hidden_size": 768}


def bring(client: Client, content: bytes, *, name: str = "my/model"):
    file = SimpleUploadedFile("config.json", content, "application/json")
    return client.post("/plan/model/", {"name": name, "file": file})


def test_a_configuration_leads_to_its_plan(planner: Client):
    answer = bring(planner, json.dumps(LLAMA_LIKE).encode())

    kept = ModelConfig.objects.get()
    assert answer["Location"] == f"/plan/?model={kept.slug}"
    page = planner.get(answer["Location"]).content.decode()
    assert "my/model" in page and "Fits" in page


def test_the_same_file_is_kept_once(planner: Client):
    for _ in range(2):
        bring(planner, json.dumps(LLAMA_LIKE).encode())

    assert ModelConfig.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\xff", "not text"),
        (b"not json", "not JSON"),
        (b"[1, 2]", "holds a list"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps(BERT).encode(), "bert"),
        (
            json.dumps(LLAMA_LIKE | {"num_attention_heads": 0}).encode(),
            "num_attention_heads",
        ),
        (json.dumps(LLAMA_LIKE | {"hidden_size": -4}).encode(), "hidden_size"),
        (json.dumps(LLAMA_LIKE | {"vocab_size": "many"}).encode(), "vocab_size"),
        (b"{}", "num_hidden_layers"),
        (b" " * 1_000_001, "at most"),
    ],
    ids=[
        "png",
        "text",
        "list",
        "deep",
        "bert",
        "no heads",
        "negative",
        "word",
        "empty",
        "big",
    ],
)
def test_what_is_no_configuration_gets_a_sentence_and_is_not_kept(
    planner: Client, content: bytes, words: str
):
    answer = bring(planner, content)

    assert answer.status_code == 422 and words in answer.content.decode()
    assert not ModelConfig.objects.exists()


def test_a_file_of_50_megabytes_is_refused_by_its_size(planner: Client):
    answer = bring(planner, b"{" + b" " * 50_000_000)

    assert answer.status_code == 422 and "50,000,001 bytes" in answer.content.decode()


def test_nothing_at_all_is_refused(planner: Client):
    answer = planner.post("/plan/model/", {"name": ""})

    assert "Neither a file nor a name" in answer.content.decode()


def test_without_a_network_the_hub_is_said_to_be_silent(planner: Client, settings):
    settings.MODEL_HUB_URL = "http://127.0.0.1:9"

    answer = planner.post("/plan/model/", {"name": "Qwen/Qwen3-8B"})

    assert answer.status_code == 422 and "did not answer" in answer.content.decode()
    assert not ModelConfig.objects.exists()
