"""Files into the books: read, previewed, then taken in whole or not at all.

An importer says how its kind of file is read, shown and booked; everything else is the
same for all: the same file is refused a second time, one transaction, one audit row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from economics.models import BookImport
from economics.services.books import locked
from fleet.csv_files import FileRefused, refuse_too_large
from fleet.csv_files.faults import MOST_BYTES
from fleet.services import audit

LONGEST_NAME = 120
Read = TypeVar("Read")


@dataclass(frozen=True)
class Shown:
    """What a file would bring, as a page shows it before it is confirmed.

    rows       cells of each row, one for each heading; the page shows the first of them
    sentences  what follows from taking it in, and what is odd about it
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    sentences: Sequence[str] = ()


@dataclass(frozen=True)
class Importer(Generic[Read]):
    """One kind of file.

    read   the content as rows; raises FileRefused with the faults; changes nothing
    count  how many rows were read
    show   what they would bring; changes nothing
    book   writes them, inside the transaction of the import; gives a sentence, and may
           raise FileRefused, which undoes all
    """

    kind: str
    read: Callable[[bytes, datetime], Read]
    count: Callable[[Read], int]
    show: Callable[[Read, datetime], Shown]
    book: Callable[[Read, BookImport, datetime], str]
    most_bytes: int = MOST_BYTES


@dataclass(frozen=True)
class FilePreview:
    """A file that can be taken in, and what it would bring."""

    name: str
    row_count: int
    shown: Shown


def preview_file(
    importer: Importer[Read], content: bytes, *, name: str, now: datetime
) -> FilePreview:
    """What the file would bring. Raises FileRefused; changes nothing."""
    refuse_too_large(len(content), most=importer.most_bytes)
    refuse_known(importer.kind, content)
    read = importer.read(content, now)
    return FilePreview(name[:LONGEST_NAME], importer.count(read), importer.show(read, now))


def take_in(
    importer: Importer[Read], content: bytes, *, name: str, acting_user: str, now: datetime
) -> str:
    """Take a file in, all of it or nothing; what was done, as a sentence.

    Raises FileRefused. Two at once wait for each other at the lock of the books, so the
    second one finds the file known.
    """
    refuse_too_large(len(content), most=importer.most_bytes)
    with locked():
        refuse_known(importer.kind, content)
        read = importer.read(content, now)
        row = BookImport.objects.create(
            kind=importer.kind,
            sha256=digest(content),
            name=name[:LONGEST_NAME],
            row_count=importer.count(read),
            acting_user=acting_user,
            imported_at=now,
        )
        done = importer.book(read, row, now)
        audit.record(
            f"{importer.kind}.imported",
            f"file:{row.sha256[:12]}",
            acting_user=acting_user,
            now=now,
            name=row.name,
            rows=row.row_count,
            done=done,
        )
    return done


def refuse_known(kind: str, content: bytes) -> None:
    """Raise FileRefused for a file that was taken in before."""
    before = BookImport.objects.filter(kind=kind, sha256=digest(content)).first()
    if before is not None:
        raise FileRefused(
            f"This file was imported on {before.imported_at:%Y-%m-%d %H:%M} UTC as "
            f"{before.name!r}, {before.row_count} rows; nothing was changed."
        )


def digest(content: bytes) -> str:
    """The SHA-256 of a file, in hex."""
    return hashlib.sha256(content).hexdigest()
