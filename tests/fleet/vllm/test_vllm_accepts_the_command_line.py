"""Our command lines, through vLLM's own argument parser: no flag is invented."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from fleet.vllm.command import DTYPES, KV_CACHE_DTYPES, QUANTIZATIONS, ServeSpec, build_args
from fleet.vllm.extra_args import KNOWN, NUMBER, SWITCH, WHOLE
from tests.fleet.vllm.specs import KEY, glm_5, llama

ROOT = Path(__file__).resolve().parents[3]
PYTHON = Path(os.environ.get("VLLM_PYTHON") or ROOT / ".venv-vllm" / "bin" / "python")
SECONDS = 240  # the import alone takes 9 s on two busy cores

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(
        not PYTHON.is_file(),
        reason="vLLM is not installed; name its interpreter in VLLM_PYTHON",
    ),
]

# Runs in vLLM's environment: command lines in, what was understood out.
PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.reasoning import ReasoningParserManager
from vllm.tool_parsers import ToolParserManager
from vllm.utils.argparse_utils import FlexibleArgumentParser

parser = make_arg_parser(FlexibleArgumentParser(exit_on_error=False))
results = []
for args in json.load(sys.stdin):
    try:
        parsed = parser.parse_args(args)
        validate_parsed_serve_args(parsed)
        if parsed.tool_call_parser:
            ToolParserManager.get_tool_parser(parsed.tool_call_parser)
        if parsed.reasoning_parser:
            ReasoningParserManager.get_reasoning_parser(parsed.reasoning_parser)
        kept = {k: v for k, v in vars(parsed).items()
                if isinstance(v, (str, int, float, bool, list, type(None)))}
        results.append({"parsed": kept})
    except (Exception, SystemExit) as error:
        results.append({"error": f"{type(error).__name__}: {error}"})
print("\\n" + json.dumps(results))
"""

SPECS: dict[str, ServeSpec] = {
    "llama on one RTX 4090": llama(),
    "llama, everything else": llama(
        tensor_parallel_size=2,
        dtype="bfloat16",
        prefix_caching=False,
        max_num_seqs=64,
        trust_remote_code=True,
        tool_call_parser="llama3_json",
        api_key="-begins-with-a-dash-0123",
    ),
    "glm-5 on eight H200": glm_5(),
    "glm-5 from a volume": glm_5(repository="/models/zai-org/GLM-5-FP8"),
    **{f"dtype {name}": llama(dtype=name) for name in DTYPES},
    **{f"quantization {name}": llama(quantization=name) for name in QUANTIZATIONS},
    **{f"KV cache {name}": llama(kv_cache_dtype=name) for name in KV_CACHE_DTYPES},
}
EXAMPLE = {SWITCH: "", WHOLE: " 64", NUMBER: " 4.5"}
SPECS |= {
    f"extra {flag}": llama(extra_args=flag + EXAMPLE[kind])
    for flag, kind in KNOWN.items()
    if isinstance(kind, str)
}
SPECS |= {
    f"extra {flag} {word}": llama(extra_args=f"{flag} {word}")
    for flag, kind in KNOWN.items()
    if isinstance(kind, tuple)
    for word in kind
}
SPECS |= {
    "extra switches off": llama(extra_args="--no-enforce-eager --no-async-scheduling")
}
INVENTED = {"an invented flag": ["--model", "x/y", "--enable-profit"]}


@pytest.fixture(scope="module")
def understood() -> dict[str, dict]:
    lines = {name: build_args(spec) for name, spec in SPECS.items()} | INVENTED
    done = subprocess.run(
        [str(PYTHON), "-c", PARSE],
        input=json.dumps(list(lines.values())),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR", "HF_HUB_OFFLINE": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    results = json.loads(done.stdout.strip().splitlines()[-1])
    return dict(zip(lines, results, strict=True))


@pytest.mark.parametrize("name", SPECS)
def test_a_command_line_is_accepted(understood, name: str):
    assert "error" not in understood[name], understood[name]


def test_an_invented_flag_would_be_found(understood):
    assert "error" in understood["an invented flag"]


def test_vllm_understands_what_was_meant_for_llama(understood):
    parsed = understood["llama on one RTX 4090"]["parsed"]

    assert parsed["model"] == "meta-llama/Llama-3.1-8B-Instruct"
    assert parsed["served_model_name"] == ["llama-3.1-8b"]
    assert parsed["max_model_len"] == 16_384
    assert parsed["gpu_memory_utilization"] == 0.90
    assert parsed["enable_prefix_caching"] is True
    assert parsed["enable_prompt_tokens_details"] is True
    assert parsed["api_key"] == [KEY]
    assert (parsed["host"], parsed["port"]) == ("0.0.0.0", 8000)


def test_vllm_understands_what_was_meant_for_glm_5(understood):
    parsed = understood["glm-5 on eight H200"]["parsed"]

    assert parsed["tensor_parallel_size"] == 8
    assert parsed["kv_cache_dtype"] == "fp8"
    assert parsed["tool_call_parser"] == "glm47"
    assert parsed["reasoning_parser"] == "glm45"
    assert parsed["enable_auto_tool_choice"] is True
    assert parsed["trust_remote_code"] is False


def test_vllm_takes_the_other_settings_too(understood):
    parsed = understood["llama, everything else"]["parsed"]

    assert parsed["enable_prefix_caching"] is False
    assert parsed["max_num_seqs"] == 64
    assert parsed["trust_remote_code"] is True
    assert parsed["api_key"] == ["-begins-with-a-dash-0123"]


def test_vllm_understands_an_extra_argument_as_it_was_meant(understood):
    assert understood["extra --max-num-seqs"]["parsed"]["max_num_seqs"] == 64
    assert understood["extra --enforce-eager"]["parsed"]["enforce_eager"] is True
    assert understood["extra switches off"]["parsed"]["enforce_eager"] is False
