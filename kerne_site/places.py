"""Where Kerne keeps what it writes: the folder var/, its sockets and its generated key.

Standard library only: the settings, the embedded services and the tests all ask here,
before Django is set up.
"""

import base64
import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
# Linux allows 107 bytes for a unix socket's path; the longest name put into the folder
# is PostgreSQL's lock beside its socket.
SOCKET_PATH_BYTES = 107
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"
REDIS_SOCKET = "redis.sock"
DATABASE_USER = "kerne"
SECRET_KEY_BYTES = 48


def socket_folder(var: Path) -> Path:
    """The folder for the unix sockets of `var`: var/run, or a short one under /tmp.

    The short one is named by a hash of the path, so that two folders never share it.
    Pure: makes nothing. `ensure_private` makes it.
    """
    folder = var / "run"
    if len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"kerne-{os.geteuid()}-{digest}"


def database_url(var: Path, database: str = "kerne") -> str:
    """The address of a database of the embedded PostgreSQL of `var`."""
    return f"postgresql://{DATABASE_USER}@/{database}?host={quote(str(socket_folder(var)))}"


def redis_url(var: Path) -> str:
    """The address of the embedded Redis of `var`."""
    return f"unix://{quote(str(socket_folder(var) / REDIS_SOCKET))}?db=0"


def ensure_private(folder: Path) -> Path:
    """Make the folder for this user alone (0700) and give it back.

    Raises PermissionError if it belongs to somebody else: in a shared /tmp another user
    may have made it first, to listen on our socket's name.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(
            f"{folder} belongs to another user; remove it or set KERNE_VAR."
        )
    folder.chmod(0o700)
    return folder


def generated_secret_key(var: Path) -> str:
    """The demo's secret key: made once, kept in var/secret_key (0600)."""
    return _generated(var / "secret_key", lambda: secrets.token_urlsafe(SECRET_KEY_BYTES))


def generated_encryption_key(var: Path) -> str:
    """The demo's key for stored secrets, in Fernet's form, kept in var/encryption_key."""
    return _generated(
        var / "encryption_key",
        lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )


def _generated(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, made once (0600).

    Two processes that start together agree on one key: the file appears complete or not
    at all, and only the first one's is kept.
    """
    if not path.exists():
        ensure_private(path.parent)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(make())
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
