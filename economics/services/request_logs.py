"""Request logs into the books: whose requests they were, each counted once, by the hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings

from economics.calc.hours import hour_start
from economics.models import BookImport, Ending, LoggedRequest, LogHour
from economics.services.book_imports import Importer, Shown
from economics.services.log_file import Entry, entry_of, read_log
from economics.services.log_owners import Owner, Owners
from fleet.csv_files import Row, counted

IDS_AT_ONCE = 5_000
KEPT_AT_ONCE = 2_000
MOST_BYTES_OF_A_FILE = 200_000_000  # by the command; a page takes 2 MB


@dataclass(frozen=True)
class LogFile:
    """The requests of a file that count, and why others do not.

    again       their id is in an earlier file, or before in this one
    by_gateway  answered from the gateway's own cache
    unread      columns that were left out
    """

    requests: tuple[tuple[Entry, Owner], ...]
    again: int
    by_gateway: int
    unread: tuple[str, ...]


@dataclass
class HourSum:
    """What is added up of the requests of one hour and owner."""

    uncached_prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int | None = None
    free_prompt_tokens: int = 0
    free_completion_tokens: int = 0
    cached_unknown: bool = False
    endings: dict[Ending, int] = field(default_factory=lambda: dict.fromkeys(Ending, 0))

    def add(self, entry: Entry) -> None:
        self.endings[entry.ending] += 1
        if not is_billed(entry):
            self.free_prompt_tokens += entry.prompt_tokens
            self.free_completion_tokens += entry.completion_tokens
            return
        cached = entry.cached_tokens or 0
        self.cached_unknown |= entry.cached_tokens is None
        self.cached_prompt_tokens += cached
        self.uncached_prompt_tokens += entry.prompt_tokens - cached
        self.completion_tokens += entry.completion_tokens
        if entry.reasoning_tokens is not None:
            self.reasoning_tokens = (self.reasoning_tokens or 0) + entry.reasoning_tokens


Sums = Mapping[tuple[datetime, Owner], HourSum]


def is_billed(entry: Entry) -> bool:
    """Whether somebody pays for a request: not where it failed or got no completion."""
    return settings.FREE_REQUESTS_EARN or (
        entry.ending != Ending.FAILED and entry.completion_tokens > 0
    )


def read_requests(content: bytes, now: datetime) -> LogFile:
    """The requests of a file. Raises FileRefused with its faults; changes nothing."""
    sheet = read_log(content)
    owners = Owners.known()
    found: list[tuple[Row, Entry, Owner]] = []
    for row in sheet.rows:
        entry = entry_of(row, now=now, kept_days=settings.REQUEST_LOG_DAYS)
        owner = owners.of(row, ended_at=None if entry is None else entry.ended_at)
        if entry is not None and owner is not None:
            found.append((row, entry, owner))
    if sheet.faults:
        raise counted(sheet.faults)
    known = known_ids(entry.request_id for _, entry, _ in found)
    once: dict[str, tuple[Entry, Owner]] = {}
    for _, entry, owner in found:
        if entry.request_id not in known and not entry.served_by_gateway:
            once.setdefault(entry.request_id, (entry, owner))
    by_gateway = sum(entry.served_by_gateway for _, entry, _ in found)
    return LogFile(
        requests=tuple(once.values()),
        again=len(found) - by_gateway - len(once),
        by_gateway=by_gateway,
        unread=sheet.unread,
    )


def known_ids(ids: Iterable[str]) -> set[str]:
    """Those of some ids that an earlier file had."""
    known: set[str] = set()
    for part in sliced(sorted(set(ids)), IDS_AT_ONCE):
        rows = LoggedRequest.objects.filter(request_id__in=part)
        known |= set(rows.values_list("request_id", flat=True))
    return known


def sliced(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[n : n + size] for n in range(0, len(ids), size))


def hour_sums(file: LogFile) -> Sums:
    """The requests of a file by the hour that they ended in, and by whose they were."""
    sums: defaultdict[tuple[datetime, Owner], HourSum] = defaultdict(HourSum)
    for entry, owner in file.requests:
        sums[hour_start(entry.ended_at), owner].add(entry)
    return dict(sorted(sums.items(), key=lambda item: (item[0][0], item[0][1].name)))


def show_requests(file: LogFile, now: datetime) -> Shown:
    """The hours that a file would bring, and what of it does not count."""
    rows = [
        (
            f"{hour:%Y-%m-%d %H:%M}",
            owner.name,
            f"{sum(part.endings.values()):,}",
            f"{part.uncached_prompt_tokens:,}",
            f"{part.cached_prompt_tokens:,}" + (" or more" if part.cached_unknown else ""),
            f"{part.completion_tokens:,}",
            "not told" if part.reasoning_tokens is None else f"{part.reasoning_tokens:,}",
            f"{part.free_prompt_tokens + part.free_completion_tokens:,}",
            "revenue" if owner.earns else "compared with the counters",
        )
        for (hour, owner), part in hour_sums(file).items()
    ]
    return Shown(
        headings=(
            *("Hour (UTC)", "Whose", "Requests", "Prompt, uncached", "Prompt, cached"),
            *("Completion", "Reasoning inside", "Not billed", "Becomes"),
        ),
        rows=rows,
        sentences=sentences_of(file),
    )


def sentences_of(file: LogFile) -> list[str]:
    """What is odd about a file."""
    told = [f"Of the file {several(len(file.requests), 'request')} will be counted."]
    if file.again:
        told.append(f"{file.again:,} have an id that was counted before and count once.")
    if file.by_gateway:
        told.append(f"{file.by_gateway:,} were answered from the gateway's own cache.")
    if file.unread:
        told.append(f"Columns that are not read: {', '.join(file.unread)}.")
    if any(entry.cached_tokens is None for entry, _ in file.requests):
        told.append("Where cached tokens are not told, the whole prompt is uncached.")
    return told


def several(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"


def book_requests(file: LogFile, book_import: BookImport, now: datetime) -> str:
    """Keep the requests and their hour sums; a sentence."""
    LoggedRequest.objects.bulk_create(
        (
            LoggedRequest(
                request_id=entry.request_id,
                book_import=book_import,
                ended_at=entry.ended_at,
                served_model_id=owner.model_id,
                deployment_id=owner.deployment_id,
                prompt_tokens=entry.prompt_tokens,
                cached_prompt_tokens=entry.cached_tokens,
                completion_tokens=entry.completion_tokens,
                reasoning_tokens=entry.reasoning_tokens,
                ending=entry.ending,
            )
            for entry, owner in file.requests
        ),
        batch_size=KEPT_AT_ONCE,
    )
    sums = hour_sums(file)
    LogHour.objects.bulk_create(
        hour_row(book_import, hour, owner, part) for (hour, owner), part in sums.items()
    )
    return (
        f"{several(len(file.requests), 'request')}, {several(len(sums), 'hour')} of a model"
    )


def hour_row(
    book_import: BookImport, hour: datetime, owner: Owner, part: HourSum
) -> LogHour:
    """The row of an hour; what counters were read of earns by those."""
    return LogHour(
        book_import=book_import,
        served_model_id=owner.model_id,
        deployment_id=owner.deployment_id,
        hour_start=hour,
        earns=owner.earns,
        uncached_prompt_tokens=part.uncached_prompt_tokens,
        cached_prompt_tokens=part.cached_prompt_tokens,
        completion_tokens=part.completion_tokens,
        reasoning_tokens=part.reasoning_tokens,
        free_prompt_tokens=part.free_prompt_tokens,
        free_completion_tokens=part.free_completion_tokens,
        cached_unknown=part.cached_unknown,
        **{f"requests_{ending}": count for ending, count in part.endings.items()},
    )


def forget_requests(now: datetime) -> int:
    """Delete logged requests past their time; how many. Their hour sums stay."""
    old = now - timedelta(days=settings.REQUEST_LOG_DAYS)
    return LoggedRequest.objects.filter(ended_at__lt=old).delete()[0]


REQUESTS: Importer[LogFile] = Importer(
    kind="requests",
    read=read_requests,
    count=lambda file: len(file.requests),
    show=show_requests,
    book=book_requests,
)
REQUESTS_OF_A_COMMAND = replace(REQUESTS, most_bytes=MOST_BYTES_OF_A_FILE)
