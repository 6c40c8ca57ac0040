import json

import pytest

from fleet.models import AuditEntry, ModelConfig
from fleet.services.model_configs import MOST_BYTES, MOST_CONFIGS, ConfigNotKept
from tests.clock import NOON
from tests.fleet.services.configs import CONFIG, bring, file_of

pytestmark = pytest.mark.django_db


def test_a_config_is_kept_with_where_it_came_from():
    kept = bring(file_of(), source="my config.json")

    assert (kept.name, kept.source, kept.added_by) == (
        "my-org/my-model",
        "my config.json",
        "ada",
    )
    assert kept.slug.startswith("upload-")
    assert kept.config == CONFIG
    assert AuditEntry.objects.get().verb == "add model config"


def test_the_same_file_is_kept_once():
    assert bring(file_of()) == bring(file_of())

    assert ModelConfig.objects.count() == 1
    assert AuditEntry.objects.count() == 1


def test_another_name_or_another_byte_is_another_model():
    bring(file_of())
    bring(file_of(), name="my-org/other")
    bring(file_of(vocab_size=64_000))

    assert ModelConfig.objects.count() == 3


REFUSED = {
    "too large": (b" " * (MOST_BYTES + 1), "has 1,000,001 bytes"),
    "empty": (b"", "is not JSON"),
    "not JSON": (b"weights", "is not JSON"),
    "not text": (b"\xff\xfe\x00", "is not text in UTF-8"),
    "a list": (b"[1, 2]", "holds a list, not an object"),
    "a number": (b"7", "holds a int, not an object"),
    "null": (b"null", "not an object"),
    "endlessly nested": (b"[" * 100_000, "is not JSON"),
    "a number without an end": (b'{"hidden_size": ' + b"9" * 5_000 + b"}", "is not JSON"),
    "an empty object": (b"{}", "config.json"),
    "not a decoder": (
        file_of(model_type="bert", architectures=["BertForMaskedLM"]),
        "",
    ),
    "without layers": (file_of(num_hidden_layers=None), "num_hidden_layers"),
    "no layers": (file_of(num_hidden_layers=0), "num_hidden_layers is 0"),
    "absurd layers": (file_of(num_hidden_layers=10**9), "num_hidden_layers"),
    "negative": (file_of(hidden_size=-1), "hidden_size"),
    "half a head": (file_of(num_attention_heads=1.5), "num_attention_heads"),
    "a word for a number": (file_of(vocab_size="many"), "vocab_size"),
    "an unknown quantization": (
        file_of(quantization_config={"quant_method": "magic"}),
        "quant_method is 'magic'",
    ),
    "not a number": (file_of(rope_theta=float("nan")), "NaN"),
    "infinite": (file_of(rope_theta=float("inf")), "Infinity"),
    "infinite by its exponent": (
        file_of(rope_theta="@").replace(b'"@"', b"1e999"),
        "JSON",
    ),
    "a null character": (file_of(bos="\x00"), "null character"),
    "half a character": (file_of(bos="@").replace(b"@", b"\\ud800"), "character"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused_with_a_sentence_and_nothing_is_kept(name: str):
    content, sentence = REFUSED[name]

    with pytest.raises(ConfigNotKept) as refusal:
        bring(content)

    assert sentence in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 500
    assert not ModelConfig.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "name", ["", " ", "./-", "x" * 121, "<b>", "a\nb", "a\x00", "modèle", "a\n"]
)
def test_a_name_that_is_none_is_refused(name: str):
    with pytest.raises(ConfigNotKept, match="such as my-org/my-model"):
        bring(file_of(), name=name)

    assert not ModelConfig.objects.exists()


def test_a_source_of_odd_characters_is_kept_without_them():
    kept = bring(file_of(), source="a\x00b\n" + "c" * 300)

    assert kept.source == "ab" + "c" * 198


def test_there_is_an_end_to_what_is_kept():
    ModelConfig.objects.bulk_create(
        ModelConfig(
            slug=f"upload-{n}",
            name="full",
            config=CONFIG,
            source="",
            digest=f"{n}",
            added_at=NOON,
            added_by="ada",
        )
        for n in range(MOST_CONFIGS)
    )

    with pytest.raises(ConfigNotKept, match="are kept already"):
        bring(file_of())


def test_a_real_size_is_far_below_the_limit():
    padded = json.dumps(CONFIG | {"filler": "x" * 100_000}).encode()

    assert bring(padded).config["filler"]
