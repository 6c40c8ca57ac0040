"""A file that a browser sends: read within its bounds, and carried over to a confirmation.

Nothing is kept on the server in between: the confirmation form carries the file, sealed,
so that what is confirmed is what was previewed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from fleet.csv_files import FileRefused, refuse_too_large
from fleet.csv_files.faults import MOST_BYTES

SEAL_SECONDS = 3600
MOST_SEALED = 2_000_000  # characters; a form may carry 2.5 MB


@dataclass(frozen=True)
class Upload:
    """A file by its name."""

    name: str
    content: bytes


def uploaded(request: HttpRequest, *, most_bytes: int = MOST_BYTES) -> Upload:
    """The file of the form. Raises FileRefused."""
    sent = request.FILES.get("file")
    if not isinstance(sent, UploadedFile):
        raise FileRefused("No file was chosen; choose a CSV file.")
    refuse_too_large(sent.size or 0, most=most_bytes)
    return Upload(sent.name or "file.csv", sent.read())


def sealed(file: Upload, *, salt: str, otherwise: str = "split it") -> str:
    """The file as the confirmation form carries it. Raises FileRefused.

    otherwise  what to do with a file that is right but too large for a form
    """
    words = signing.dumps(
        {"name": file.name, "text": file.content.decode("utf-8")}, salt=salt, compress=True
    )
    if len(words) > MOST_SEALED:
        raise FileRefused(
            f"The file is right but too large to be confirmed here; {otherwise}. "
            "Nothing was imported."
        )
    return words


def unsealed(words: str, *, salt: str) -> Upload:
    """The file that was sealed, at most an hour ago. Raises FileRefused."""
    try:
        told = signing.loads(words, salt=salt, max_age=SEAL_SECONDS)
    except signing.BadSignature:
        raise FileRefused(
            "The preview is incomplete or older than an hour; choose the file again."
        ) from None
    return Upload(told["name"], told["text"].encode("utf-8"))
