import json
import os
import subprocess

import pytest

from fleet.sizing.catalog import catalog
from fleet.vllm.parsers import BY_FAMILY, NONE, parsers_of
from tests.fleet.vllm.test_vllm_accepts_the_command_line import PYTHON, SECONDS

needs_vllm = [
    pytest.mark.vllm,
    pytest.mark.skipif(
        not PYTHON.is_file(),
        reason="vLLM is not installed; name its interpreter in VLLM_PYTHON",
    ),
]

# Runs in vLLM's environment: names in, those that it does not register out.
LOOK_UP = """
import json, sys
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager

ways = {"tool": ToolParserManager.get_tool_parser,
        "reasoning": ReasoningParserManager.get_reasoning_parser}
unknown = []
for way, name in json.load(sys.stdin):
    try:
        ways[way](name)
    except Exception as error:
        unknown.append([way, name, f"{type(error).__name__}: {error}"])
print("\\n" + json.dumps(unknown))
"""
INVENTED = ["tool", "invented_by_a_test"]


@pytest.fixture(scope="module")
def unknown() -> list[list[str]]:
    names = sorted(
        {("tool", each.tool_call) for _, _, each in BY_FAMILY if each.tool_call}
        | {("reasoning", each.reasoning) for _, _, each in BY_FAMILY if each.reasoning}
    )
    done = subprocess.run(
        [str(PYTHON), "-c", LOOK_UP],
        input=json.dumps([*names, INVENTED]),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR", "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found: list[list[str]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


class TestInVllm:
    pytestmark = needs_vllm

    def test_each_parser_is_in_its_registry(self, unknown):
        assert [each for each in unknown if each[:2] != INVENTED] == []

    def test_an_invented_parser_would_be_found(self, unknown):
        assert INVENTED in [each[:2] for each in unknown]


@pytest.mark.parametrize(
    ("model_type", "name", "parsers"),
    [
        ("llama", "Llama 3.1 8B Instruct", ("llama3_json", "")),
        ("llama", "Code Llama 7B", ("", "")),
        ("qwen3_moe", "Qwen3 Coder 30B A3B", ("qwen3_xml", "")),
        ("qwen3_moe", "Qwen3 235B A22B", ("hermes", "qwen3")),
        ("glm_moe_dsa", "GLM-5", ("glm47", "glm45")),
        ("deepseek_v3", "DeepSeek R1", ("deepseek_v3", "deepseek_r1")),
        ("deepseek_v3", "DeepSeek V3", ("deepseek_v3", "")),
        ("gpt_oss", "gpt-oss-120b", ("openai", "openai_gptoss")),
    ],
)
def test_a_family_has_its_parsers(model_type, name, parsers):
    assert parsers_of(model_type, name) == parsers


@pytest.mark.parametrize("model_type", ["", "bert", "llama ", "QWEN3"])
def test_a_family_that_is_not_listed_has_none(model_type):
    assert parsers_of(model_type, "anything 3.1") == NONE


@pytest.mark.parametrize("family", sorted({family for family, _, _ in BY_FAMILY}))
def test_each_family_is_the_type_of_a_known_model(family):
    assert family in {model.architecture.model_type for model in catalog().values()}


def test_no_line_is_hidden_behind_an_earlier_one():
    for at, (family, word, _) in enumerate(BY_FAMILY):
        before = [w for f, w, _ in BY_FAMILY[:at] if f == family]
        assert not any(earlier in word for earlier in before), (family, word)
