import json
from datetime import timedelta

import pytest

from economics.models import Ending
from economics.services.log_file import entry_of, read_log
from tests.economics.services.rows import at

NOW = at(20)
HEADER = (
    "request_id,ended_at,model,prompt_tokens,cached_tokens,completion_tokens,finish_reason"
)
LINE = "r1,2026-03-04T14:03:07Z,llama,1200,800,64,stop"
LITELLM = {
    "request_id": "chatcmpl-80246d73974ebd1d",
    "call_type": "acompletion",
    "api_key": "hash",
    "spend": 0.0000027500000000000004,
    "total_tokens": 24,
    "prompt_tokens": 7,
    "completion_tokens": 17,
    "startTime": "2026-03-04T14:30:00+00:00",
    "endTime": "2026-03-04T14:31:30.250000+00:00",
    "model": "hosted_vllm/llama",
    "model_group": "llama",
    "api_base": "https://pod00001-8000.proxy.runpod.net/v1",
    "cache_hit": "False",
    "status": "success",
    "metadata": {
        "usage_object": {
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 11},
        }
    },
}


def entries(content: str | bytes):
    """The requests of a file that has no fault."""
    sheet = read_log(content.encode() if isinstance(content, str) else content)
    read = [entry_of(row, now=NOW, kept_days=62) for row in sheet.rows]
    assert not sheet.faults, [str(fault) for fault in sheet.faults]
    return read


def faults(content: str | bytes) -> list[str]:
    sheet = read_log(content.encode() if isinstance(content, str) else content)
    for row in sheet.rows:
        entry_of(row, now=NOW, kept_days=62)
    return [str(fault) for fault in sheet.faults]


def as_csv(line: str) -> str:
    return f"{HEADER}\n{line}\n"


def test_a_csv_file_is_read():
    (entry,) = entries(as_csv(LINE))

    assert (entry.request_id, entry.ended_at) == ("r1", at(14, 3, 7))
    assert (entry.prompt_tokens, entry.cached_tokens) == (1200, 800)
    assert (entry.completion_tokens, entry.reasoning_tokens) == (64, None)
    assert entry.ending == Ending.STOP


@pytest.mark.parametrize(
    "wrap",
    [
        lambda row: json.dumps(row),
        lambda row: json.dumps([row]),
        lambda row: json.dumps({"data": [row], "total": 1}),
        lambda row: "\ufeff" + json.dumps(row) + "\r\n\r\n",
    ],
    ids=["a line", "a list", "a page of the API", "with a byte order mark"],
)
def test_litellms_spend_log_is_read_with_its_details(wrap):
    (entry,) = entries(wrap(LITELLM))

    assert entry.ended_at == at(14, 31, 30) + timedelta(microseconds=250_000)
    assert (entry.prompt_tokens, entry.cached_tokens) == (7, 3)
    assert (entry.completion_tokens, entry.reasoning_tokens) == (17, 11)
    assert entry.ending == Ending.UNKNOWN


def test_litellms_spend_log_as_a_csv_of_its_table_is_read_too():
    metadata = json.dumps(LITELLM["metadata"]).replace('"', '""')
    (entry,) = entries(
        "request_id,startTime,endTime,model,prompt_tokens,completion_tokens,metadata\n"
        f'r1,2026-03-04 14:30:00,2026-03-04 14:31:30.25,llama,7,17,"{metadata}"\n'
    )

    assert (entry.cached_tokens, entry.reasoning_tokens) == (3, 11)


def test_many_lines_of_json_are_as_many_requests():
    lines = "\n".join(json.dumps(LITELLM | {"request_id": f"r{n}"}) for n in range(3))

    assert [entry.request_id for entry in entries(lines)] == ["r0", "r1", "r2"]


def test_a_text_with_a_line_separator_of_unicode_is_one_request():
    rows = [
        LITELLM | {"request_id": f"r{n}", "response": "one\u2028two\x85three"}
        for n in range(2)
    ]
    lines = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)

    assert [each.request_id for each in entries(lines)] == ["r0", "r1"]


def test_what_a_log_does_not_tell_is_unknown_and_not_zero():
    bare = {name: LITELLM[name] for name in LITELLM if name != "metadata"}
    (entry,) = entries(json.dumps(bare))

    assert (entry.cached_tokens, entry.reasoning_tokens) == (None, None)


def test_an_answer_from_the_gateways_own_cache_is_told_apart():
    (entry,) = entries(json.dumps(LITELLM | {"cache_hit": "True"}))

    assert entry.served_by_gateway


@pytest.mark.parametrize(
    ("reason", "status", "ending"),
    [
        ("stop", "", Ending.STOP),
        ("tool_calls", "200", Ending.STOP),
        ("length", "success", Ending.LENGTH),
        ("abort", "", Ending.ABORTED),
        ("", "499", Ending.ABORTED),
        ("stop", "failure", Ending.FAILED),
        ("", "503", Ending.FAILED),
        ("content_filter", "", Ending.OTHER),
        ("", "success", Ending.UNKNOWN),
    ],
)
def test_a_request_has_one_ending(reason, status, ending):
    row = LITELLM | {"finish_reason": reason, "status": status}

    assert entries(json.dumps(row))[0].ending == ending


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "r1,yesterday,m,1,0,1,stop",
            "Line 2, ended_at is 'yesterday'; write an instant such as "
            "2026-11-09T14:03:07Z.",
        ),
        ("r1,2026-03-05,m,1,0,1,stop", "that time has not come"),
        ("r1,2025-12-01,m,1,0,1,stop", "it is more than 62 days ago"),
        (",2026-03-04,m,1,0,1,stop", "Line 2, request_id is empty; write the id"),
        ("r1,2026-03-04,m,-1,0,1,stop", "Line 2, prompt_tokens is '-1'; write a whole"),
        ("r1,2026-03-04,m,1.5,0,1,stop", "write at most 0 decimals."),
        ("r1,2026-03-04,m,10,11,1,stop", "part of prompt_tokens, so write at most 10."),
        ("r1,2026-03-04,m,1,0,,stop", "Line 2, completion_tokens is empty; write"),
        ('r1,2026-03-04,"=1+1",1,0,1,stop', "which a spreadsheet may run as a formula"),
        ("r1,2026-03-04,m,1,0", "it has 5 cells, the header has 7."),
    ],
)
def test_a_bad_row_is_named_with_what_would_be_right(line, fault):
    assert any(fault in each for each in faults(as_csv(line))), faults(as_csv(line))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "the column is missing"),
        (b"\xff\xfe", "the file is not UTF-8"),
        (b'{"request_id": ', "it is not JSON"),
        (b'{"a": 1}\n{"b": ', "Line 2: it is not JSON"),
        (b"[]", "there is no request in it"),
        (b"[1, 2]", "Line 1: it is no object with named fields."),
        (b'{"data": [' + b"[" * 100_000, "it is not JSON"),
        (json.dumps(LITELLM | {"prompt_tokens": "x\x00"}).encode(), "null character"),
        (json.dumps(LITELLM | {"request_id": "x" * 121}).encode(), "at most 120"),
        (json.dumps(LITELLM | {"metadata": "{"}).encode(), "metadata is '{'; it is not"),
    ],
)
def test_a_file_that_is_no_log_gets_a_sentence(content, fault):
    assert any(fault in each for each in faults(content)), faults(content)
