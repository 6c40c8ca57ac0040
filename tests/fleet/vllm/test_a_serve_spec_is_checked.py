from decimal import Decimal

import pytest

from tests.fleet.vllm.specs import glm_5, llama


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("repository", "", "repository is ''; it must be owner/name"),
        ("repository", "a/b/c", "it must be owner/name, or an absolute path"),
        ("repository", "--model", "repository is '--model'"),
        ("repository", "x y", "repository is 'x y'"),
        ("served_model_name", "-x", "served_model_name is '-x'; it must be a name"),
        ("host", "a b", "host is 'a b'; it must be an address"),
        ("api_key", "", "api_key has 0 characters; it must be 16 to 128"),
        ("api_key", "short", "api_key has 5 characters"),
        ("api_key", "with space 0123456", "because the pod's address is public"),
        ("dtype", "fp4", "dtype is 'fp4'; use one of auto, bfloat16"),
        ("quantization", "magic", "quantization is 'magic'; use one of fp8"),
        ("kv_cache_dtype", "int3", "kv_cache_dtype is 'int3'; use one of auto"),
        ("tool_call_parser", "a b", "tool_call_parser is 'a b'"),
        ("reasoning_parser", "A", "reasoning_parser is 'A'"),
        ("gpu_memory_utilization", Decimal("1"), "it must be more than 0 and less than 1"),
        ("gpu_memory_utilization", Decimal("0"), "gpu_memory_utilization is 0"),
        ("gpu_memory_utilization", Decimal("90"), "such as 0.90."),
        ("max_model_len", 0, "max_model_len is 0; it must be 1 or more."),
        ("max_model_len", 200_000, "llama-3.1-8b reads at most 131072 tokens."),
        ("max_num_seqs", 0, "max_num_seqs is 0; it must be 1 or more."),
        ("attention_heads", 0, "attention_heads is 0; it must be 1 or more."),
        ("port", 0, "port is 0; it must be from 1 to 65535."),
    ],
)
def test_a_wrong_field_is_refused_with_a_sentence(field: str, value: object, sentence: str):
    with pytest.raises(ValueError, match=field) as refused:
        llama(**{field: value})

    assert sentence in str(refused.value)


def test_a_refused_key_is_not_told():
    with pytest.raises(ValueError, match="api_key") as refused:
        llama(api_key="planted secret with spaces")

    assert "planted" not in str(refused.value)


def test_three_gpus_cannot_share_sixty_four_heads():
    with pytest.raises(ValueError, match="GPU count 3") as refused:
        glm_5(tensor_parallel_size=3)

    assert str(refused.value) == (
        "GPU count 3 cannot serve glm-5: its 64 attention heads are not divisible by 3; "
        "use 1, 2, 4 or 8."
    )


def test_a_key_may_begin_with_a_dash():
    assert llama(api_key="-token_urlsafe-0123456")
