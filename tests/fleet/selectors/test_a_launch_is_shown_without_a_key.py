import json

import pytest

from fleet.providers.masking import MASK
from fleet.selectors.launch import Launch, launch_of
from fleet.vllm.command import SHOWN_KEY, ServeSpec
from tests.fleet.providers.contract import needs_contract, violations
from tests.fleet.vllm.specs import KEY, glm_5, llama

SPECS = {"one GPU": llama, "eight GPUs": glm_5}


def shown(spec: ServeSpec, **changes: object) -> Launch:
    given = {
        "gpu_type_id": "NVIDIA H200",
        "gpu_count": spec.tensor_parallel_size,
        "cloud": "SECURE",
        "disk_gb": 900,
    }
    return launch_of(spec, **(given | changes))


@needs_contract
@pytest.mark.parametrize("cloud", ["SECURE", "COMMUNITY"])
@pytest.mark.parametrize("name", SPECS)
def test_the_body_is_one_that_the_contract_allows(name: str, cloud: str):
    launch = shown(SPECS[name](api_key=SHOWN_KEY), cloud=cloud)

    assert violations("/components/schemas/CreatePodRequest", json.loads(launch.body)) == []


@needs_contract
def test_a_field_that_the_contract_lacks_would_be_found():
    body = json.loads(shown(llama()).body) | {"gpuCount": 1}

    assert violations("/components/schemas/CreatePodRequest", body)


@pytest.mark.parametrize(
    "key", [SHOWN_KEY, KEY, "-begins-with-a-dash-0123", "sk-~with/odd+signs=0123"]
)
@pytest.mark.parametrize("name", SPECS)
def test_no_key_is_shown(name: str, key: str):
    launch = shown(SPECS[name](api_key=key))

    for text in (launch.command, launch.body):
        assert key not in text
        assert json.dumps(key)[1:-1] not in text
        assert MASK in text


def test_the_command_and_the_body_say_the_same():
    launch = shown(glm_5(api_key=SHOWN_KEY))

    body = json.loads(launch.body)
    words = body["args"] if "args" in body else json.dumps(body)
    for flag in ("--tensor-parallel-size", "--served-model-name", "--max-model-len"):
        assert flag in launch.command
        assert flag in words


def test_what_can_not_be_asked_for_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="0"):
        shown(llama(), gpu_count=0)
    with pytest.raises(ValueError, match="MOON"):
        shown(llama(), cloud="MOON")
