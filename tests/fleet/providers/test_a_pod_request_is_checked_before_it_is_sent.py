import pytest

from tests.fleet.providers.conftest import a_request


def test_a_sound_request_is_taken_as_it_is():
    request = a_request(data_center_ids=("US-TX-3",))

    assert request.env["HF_TOKEN"] == "hf_planted_secret"
    assert request.data_center_ids == ("US-TX-3",)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Kerne Demo", "name is 'Kerne Demo'; a pod's name has 1 to 60 characters"),
        ("name", "", "name is ''; a pod's name"),
        ("name", "a" * 61, "a pod's name has 1 to 60 characters"),
        ("image", "vllm openai", "image is 'vllm openai'; write it as registry/name:tag"),
        ("image", "vllm//x", "image is 'vllm//x'"),
        ("image", "VLLM/x:1", "image is 'VLLM/x:1'"),
        ("image", "x:1:2", "image is 'x:1:2'"),
        ("image", "a" * 256, "in at most 255 characters"),
        ("image", "", "image is ''"),
        ("args", "--model x\nrm -rf", "it must be one printable line"),
        ("args", "x" * 8_001, "args has 8001 characters"),
        ("env", {"hf_token": "x"}, "env has the key 'hf_token'; use A-Z, 0-9 and _"),
        ("env", {"1A": "x"}, "not starting with a digit"),
        ("env", {"A": "x\0"}, "env value of A is not usable"),
        ("gpu_type_id", " ", "give the identifier from the provider's catalog"),
        ("gpu_count", 0, "gpu_count is 0; it must be a whole number from 1 to 64."),
        ("gpu_count", True, "gpu_count is True"),
        ("gpu_count", 1.0, "gpu_count is 1.0"),
        ("disk_gb", -5, "disk_gb is -5; it must be a whole number from 1 to 10000."),
        ("cloud", "secure", "cloud is 'secure'; it must be SECURE or COMMUNITY."),
        ("ports", ("8000",), "ports has '8000'; write a port as 8000/http or 22/tcp."),
        ("ports", ("70000/http",), "ports has '70000/http'"),
    ],
)
def test_a_wrong_field_is_refused_with_a_sentence(field: str, value: object, sentence: str):
    with pytest.raises(ValueError, match="must|use|has|give|write|image") as refused:
        a_request(**{field: value})

    assert sentence in str(refused.value)


def test_what_was_checked_cannot_be_changed_afterwards():
    env = {"A": "1"}
    request = a_request(env=env)

    env["bad key"] = "2"

    assert dict(request.env) == {"A": "1"}


def test_neither_the_environment_nor_the_api_key_shows_in_a_repr():
    shown = repr(a_request())

    assert "HF_TOKEN" in shown
    assert "planted" not in shown
    assert "--api-key=***" in shown


def test_the_value_of_an_unusable_environment_variable_is_not_told():
    with pytest.raises(ValueError, match="HF_TOKEN") as refused:
        a_request(env={"HF_TOKEN": "hf_planted" + "\0"})

    assert "planted" not in str(refused.value)


@pytest.mark.parametrize(
    "image",
    [
        "vllm/vllm-openai:v0.32.0",
        "ubuntu",
        "registry.example.com:5000/team/vllm_x:cuda-12.1",
        "localhost:5000/vllm@sha256:" + "0a" * 32,
    ],
)
def test_an_image_as_registries_write_it_is_taken(image: str):
    assert a_request(image=image).image == image
