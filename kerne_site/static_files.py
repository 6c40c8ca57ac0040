"""Static files from our own origin: which are found, how they are stored and served."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.storage import FileSystemStorage, Storage
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PlotlyFinder(BaseFinder):
    """Finds `plotly/plotly.min.js` in the plotly package, and no other file of it."""

    def __init__(self, app_names: Iterable[str] | None = None, **kwargs: Any) -> None:
        self._file = Path(settings.PLOTLY_JS)
        self._storage = FileSystemStorage(location=self._file.parent)
        self._storage.prefix = "plotly"  # type: ignore[attr-defined]  # read by collectstatic

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file's place if `path` is its name below /static/, else nothing."""
        found = [str(self._file)] if path == f"plotly/{self._file.name}" else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """The one file, for collectstatic."""
        yield self._file.name, self._storage


class HashedGzipStorage(CompressedManifestStaticFilesStorage):
    """Content hash in the name, a gzip copy beside it.

    Brotli is left out although a dependency brings it: at whitenoise's level it takes
    ten seconds for plotly.min.js, on the way to the first page, to save 250 kB.
    """

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return Compressor(use_brotli=False, **kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise whose answers are whole: under ASGI Django would read a streamed file
    into a list all the same, one chunk a thread hop, and warn about it."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response


def collect_if_changed() -> bool:
    """Run collectstatic if a source file is new, changed or gone; whether it ran.

    Compressing plotly.min.js takes most of a second, and `up` is used all day.
    """
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    sources = _sources_digest()
    if not settings.STATIC_HASHED or (stamp.exists() and stamp.read_text() == sources):
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(sources)
    return True


def _sources_digest() -> str:
    """One hash over name, size and time of every file that collectstatic would take."""
    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            lines.append(f"{name} {facts.st_size} {facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
