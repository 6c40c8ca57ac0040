"""A request log as rows: CSV, JSON lines, or LiteLLM's spend log. Changes nothing.

JSON comes as one object a line, as a list, or as a list under "data" (LiteLLM's
/spend/logs and /spend/logs/v2). Both ways end in the same rows of named cells, which the
same checks read, so a fault is named alike: line or entry, column, value, what is right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from economics.models import Ending
from fleet.csv_files import Column, Fault, Row, Sheet, read_sheet

MOST_ROWS = 200_000
MOST_TOKENS = Decimal(10**8)  # of one request
LONGEST_ID = 120
LONGEST_TEXT = 400
COLUMNS = (
    Column("request_id", longest=LONGEST_ID, also=("id",)),
    Column("ended_at", also=("endtime", "end_time", "completed_at", "timestamp")),
    Column("model", needed=False),
    Column("model_group", needed=False),
    Column("deployment", needed=False),
    Column("api_base", needed=False, longest=LONGEST_TEXT),
    Column("prompt_tokens", number=True, also=("input_tokens",)),
    Column(
        "cached_tokens",
        needed=False,
        number=True,
        also=("cached_prompt_tokens", "cache_read_input_tokens"),
    ),
    Column("completion_tokens", number=True, also=("output_tokens",)),
    Column("reasoning_tokens", needed=False, number=True),
    Column("finish_reason", needed=False, also=("stop_reason",)),
    Column("status", needed=False),
    Column("cache_hit", needed=False),
    Column("metadata", needed=False, longest=100_000),
)
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can say one; nothing stores it
NAMES = {name: column for column in COLUMNS for name in (column.name, *column.also)}
REASONS = {
    **dict.fromkeys(("stop", "eos", "tool_calls", "function_call"), Ending.STOP),
    **dict.fromkeys(("length", "max_tokens"), Ending.LENGTH),
    **dict.fromkeys(
        ("abort", "aborted", "cancelled", "canceled", "client_disconnect", "499"),
        Ending.ABORTED,
    ),
    **dict.fromkeys(("error", "failed", "failure", "timeout"), Ending.FAILED),
}


@dataclass(frozen=True)
class Entry:
    """A request as its log tells it; None where it does not tell."""

    request_id: str
    ended_at: datetime
    prompt_tokens: int
    cached_tokens: int | None
    completion_tokens: int
    reasoning_tokens: int | None
    ending: Ending
    served_by_gateway: bool  # answered from the gateway's own cache: nobody served it


def read_log(content: bytes) -> Sheet:
    """The rows of a log, whatever its kind. Never raises: faults are in the sheet."""
    begin = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if begin in (b"{", b"["):
        return read_json(content)
    return read_sheet(content, COLUMNS, most_rows=MOST_ROWS, others_refused=False)


def read_json(content: bytes) -> Sheet:
    """The rows of a JSON log; `line` of a row is its line, or its place in the list."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return unreadable(1, "the file is not UTF-8.")
    try:
        found = list(entries_of(text))
    except (ValueError, RecursionError) as error:
        where = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        return unreadable(where, "it is not JSON; write one object a line, or a list.")
    if not found:
        return unreadable(1, "there is no request in it.")
    if len(found) > MOST_ROWS:
        return unreadable(1, f"the file has more than {MOST_ROWS:,} requests; split it.")
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, entry in found:
        if not isinstance(entry, dict):
            faults.append(Fault(line, "", "", "it is no object with named fields."))
            continue
        rows.append(row_of(line, entry))
    return Sheet(tuple(rows), tuple(faults))


def unreadable(line: int, wanted: str) -> Sheet:
    return Sheet(own_faults=(Fault(line, "", "", wanted),))


def entries_of(text: str) -> Iterable[tuple[int, Any]]:
    """(line or place, entry). Raises ValueError for what is no JSON."""
    try:
        whole = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError:
        # A text may hold a line separator of Unicode as it is; only "\n" ends an entry.
        lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2:
            raise
        return [(n, parsed_line(n, line)) for n, line in lines]
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        whole = whole["data"]
    return enumerate(whole if isinstance(whole, list) else [whole], 1)


def parsed_line(number: int, line: str) -> Any:
    try:
        return json.loads(line, parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise json.JSONDecodeError(error.msg, "\n" * (number - 1), number - 1) from None


def row_of(line: int, entry: Mapping[str, Any]) -> Row:
    """An object as a row of cells, by the names that a CSV file has."""
    cells: dict[str, str] = {}
    for name, value in entry.items():
        column = NAMES.get(name.lower())
        if column is not None and value is not None:
            cells[column.name] = as_text(value)
    row = Row(line, cells)
    for column in COLUMNS:
        if len(row.text(column.name)) > column.longest:
            row.fault(column.name, f"write at most {column.longest:,} characters.")
        elif "\x00" in row.text(column.name):
            row.fault(column.name, "there is a null character.")
        elif HALF_CHARACTER.search(row.text(column.name)):
            cells[column.name] = HALF_CHARACTER.sub("�", row.text(column.name))
            row.fault(column.name, "there is half a character; write whole ones.")
    return row


def as_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    return str(value)


def entry_of(row: Row, *, now: datetime, kept_days: int) -> Entry | None:
    """The request of a row; None when its faults say why not.

    kept_days  an older request could not be told from one that was counted before
    """
    details = details_of(row)
    if not row.text("request_id"):
        row.fault("request_id", "write the id that the gateway gave the request.")
    ended_at = instant_of(row, now=now, kept_days=kept_days)
    prompt = tokens_of(row, "prompt_tokens")
    completion = tokens_of(row, "completion_tokens")
    cached = optional_tokens(row, "cached_tokens", details, most=prompt)
    reasoning = optional_tokens(row, "reasoning_tokens", details, most=completion)
    if row.faults or ended_at is None or prompt is None or completion is None:
        return None
    return Entry(
        request_id=row.text("request_id"),
        ended_at=ended_at,
        prompt_tokens=prompt,
        cached_tokens=cached,
        completion_tokens=completion,
        reasoning_tokens=reasoning,
        ending=ending_of(row),
        served_by_gateway=row.text("cache_hit").lower() == "true",
    )


def details_of(row: Row) -> dict[str, Any]:
    """What LiteLLM keeps of the answer's usage in its metadata, by our column names."""
    try:
        metadata = json.loads(row.text("metadata") or "{}")
    except (ValueError, RecursionError):
        row.fault("metadata", "it is not JSON; leave the column out.")
        return {}
    usage = metadata.get("usage_object") if isinstance(metadata, dict) else None
    if not isinstance(usage, dict):
        return {}
    return {
        "cached_tokens": part_of(usage, "prompt_tokens_details", "cached_tokens"),
        "reasoning_tokens": part_of(usage, "completion_tokens_details", "reasoning_tokens"),
    }


def part_of(usage: Mapping[str, Any], details: str, name: str) -> Any:
    found = usage.get(details)
    return found.get(name) if isinstance(found, dict) else None


def instant_of(row: Row, *, now: datetime, kept_days: int) -> datetime | None:
    """When the request ended; an instant without a zone is UTC."""
    try:
        at = datetime.fromisoformat(row.text("ended_at"))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        row.fault("ended_at", "write an instant such as 2026-11-09T14:03:07Z.")
        return None
    if at > now:
        row.fault("ended_at", "that time has not come; instants without a zone are UTC.")
        return None
    if at < now - timedelta(days=kept_days):
        row.fault(
            "ended_at",
            f"it is more than {kept_days} days ago, and the ids of then are not kept to "
            "tell whether it was counted.",
        )
        return None
    return at


def tokens_of(row: Row, column: str) -> int | None:
    """A count of tokens; None with a fault."""
    count = row.number(
        column,
        f"write a whole number of tokens, 0 to {MOST_TOKENS:,}.",
        at_least=Decimal(0),
        at_most=MOST_TOKENS,
        decimals=0,
    )
    return None if count is None else int(count)


def optional_tokens(
    row: Row, column: str, details: Mapping[str, Any], *, most: int | None
) -> int | None:
    """A count that the log may not tell: None then, and not 0."""
    told = details.get(column)
    if row.text(column):
        count = tokens_of(row, column)
    elif isinstance(told, int) and not isinstance(told, bool) and told >= 0:
        count = told
    else:
        return None
    if count is not None and most is not None and count > most:
        whole = "prompt_tokens" if column == "cached_tokens" else "completion_tokens"
        row.fault(column, f"it is part of {whole}, so write at most {most:,}.")
        return None
    return count


def ending_of(row: Row) -> Ending:
    """Why the request ended: a failed status, else the reason that the model gave."""
    status, reason = row.text("status").lower(), row.text("finish_reason").lower()
    if status in REASONS and REASONS[status] in (Ending.FAILED, Ending.ABORTED):
        return REASONS[status]
    if status.isdecimal() and len(status) == 3 and status >= "400":
        return Ending.FAILED
    if not reason:
        return Ending.UNKNOWN
    return REASONS.get(reason, Ending.OTHER)
