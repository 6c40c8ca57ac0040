"""Which parsers of vLLM read a model family's tool calls and reasoning.

Names are those that vLLM 0.32 registers; a test looks each up in its registry. A model
that is sold without them answers tool calls as text, and a marketplace ranks it down.
Families that are not listed get none: a wrong parser breaks every answer.
"""

from __future__ import annotations

from typing import NamedTuple


class Parsers(NamedTuple):
    """Values of --tool-call-parser and --reasoning-parser; "" for none."""

    tool_call: str = ""
    reasoning: str = ""


NONE = Parsers()
# Model type of the config.json, and what the name must hold beside it ("" for all).
BY_FAMILY: tuple[tuple[str, str, Parsers], ...] = (
    ("llama", "3.", Parsers("llama3_json")),
    ("llama4_text", "", Parsers("llama4_pythonic")),
    ("qwen2", "qwen 2.5", Parsers("hermes")),
    ("qwen2", "qwq", Parsers("hermes", "deepseek_r1")),
    ("qwen3", "", Parsers("hermes", "qwen3")),
    ("qwen3_moe", "coder", Parsers("qwen3_xml")),
    ("qwen3_moe", "", Parsers("hermes", "qwen3")),
    ("qwen3_next", "", Parsers("hermes", "qwen3")),
    ("qwen3_5_text", "", Parsers("qwen3_xml", "qwen3")),
    ("qwen3_5_moe_text", "", Parsers("qwen3_xml", "qwen3")),
    ("mistral", "", Parsers("mistral")),
    ("ministral3", "", Parsers("mistral")),
    ("glm4_moe", "", Parsers("glm45", "glm45")),
    ("glm_moe_dsa", "", Parsers("glm47", "glm45")),
    ("deepseek_v3", "r1", Parsers("deepseek_v3", "deepseek_r1")),
    ("deepseek_v3", "", Parsers("deepseek_v3")),
    ("deepseek_v32", "", Parsers("deepseek_v32", "deepseek_v3")),
    ("deepseek_v4", "", Parsers("deepseek_v4", "deepseek_v4")),
    ("kimi_k2", "", Parsers("kimi_k2", "kimi_k2")),
    ("gpt_oss", "", Parsers("openai", "openai_gptoss")),
    ("gemma4_text", "", Parsers("gemma4", "gemma4")),
    ("minimax_m2", "", Parsers("minimax_m2", "minimax_m2")),
    ("seed_oss", "", Parsers("seed_oss", "seed_oss")),
)


def parsers_of(model_type: str, name: str) -> Parsers:
    """The parsers of a model by the type of its configuration and its name.

    >>> parsers_of("glm_moe_dsa", "GLM-5")
    Parsers(tool_call='glm47', reasoning='glm45')
    """
    for family, word, parsers in BY_FAMILY:
        if family == model_type and word in name.lower():
            return parsers
    return NONE
