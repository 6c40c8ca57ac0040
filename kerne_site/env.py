"""Typed readings of environment variables.

Each reader takes the variable's name and its default and gives a value of one type.
Without a default the variable is required. A value that cannot be used raises
`SettingError` with a sentence that names the variable, the value and what would be
right. A variable that is set to the empty string counts as a wrong value: it is the
usual remains of a secret that failed to load, and reading it as "not set" would start
something else than what the operator meant.
"""

import base64
import os
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")
SECONDS_PATTERN = re.compile(r"(\d+)\s*(s|m|h|d)?")
FERNET_BYTES = 32
SECONDS_PER_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SettingError(ImproperlyConfigured):
    """A setting that Kerne cannot start with; the message is for the operator."""


class Env:
    """Readers over one mapping of variables, by default this process's environment."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def is_set(self, name: str) -> bool:
        """Whether the variable exists at all, with whatever value."""
        return name in self._variables

    def text(self, name: str, default: str | None = None, *, secret: bool = False) -> str:
        """A non-empty string without surrounding blanks.

        secret: never repeat the value in an error; the sentence says only the name.
        """
        raw = self._variables.get(name)
        if raw is None:
            if default is None:
                raise SettingError(f"{name} is not set. Set it in the environment.")
            return default
        value = raw.strip()
        if not value:
            raise SettingError(f"{name} is set but empty. Give it a value or unset it.")
        if secret and any(character.isspace() for character in value):
            raise SettingError(f"{name} holds blanks inside the value; a key has none.")
        return value

    def optional_text(self, name: str, *, secret: bool = False) -> str | None:
        """Like `text`, or None when the variable is not set."""
        return self.text(name, secret=secret) if self.is_set(name) else None

    def flag(self, name: str, default: bool) -> bool:
        """true/false, yes/no, on/off or 1/0, in any case."""
        if not self.is_set(name):
            return default
        value = self.text(name)
        if value.lower() in TRUE_WORDS:
            return True
        if value.lower() in FALSE_WORDS:
            return False
        raise SettingError(f"{name} is {value!r}; write true or false.")

    def integer(
        self,
        name: str,
        default: int,
        *,
        minimum: int | None = None,
        maximum: int | None = None,
    ) -> int:
        """A whole number within [minimum, maximum]."""
        if not self.is_set(name):
            return default
        value = self.text(name)
        wanted = f"a whole number{_bounds(minimum, maximum)}"
        try:
            number = int(value)
        except ValueError:
            raise SettingError(f"{name} is {value!r}; write {wanted}.") from None
        if _outside(number, minimum, maximum):
            raise SettingError(f"{name} is {value!r}; write {wanted}.")
        return number

    def decimal(
        self,
        name: str,
        default: Decimal,
        *,
        minimum: Decimal | None = None,
        maximum: Decimal | None = None,
    ) -> Decimal:
        """An exact decimal number within [minimum, maximum], never by way of a float."""
        if not self.is_set(name):
            return default
        value = self.text(name)
        wanted = f"a decimal number{_bounds(minimum, maximum)}"
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise SettingError(f"{name} is {value!r}; write {wanted}.") from None
        if not number.is_finite() or _outside(number, minimum, maximum):
            raise SettingError(f"{name} is {value!r}; write {wanted}.")
        return number

    def seconds(self, name: str, default: int, *, minimum: int = 1) -> int:
        """A duration in whole seconds: `90`, `90s`, `15m`, `2h` or `1d`."""
        if not self.is_set(name):
            return default
        value = self.text(name)
        wanted = f"whole seconds, {minimum} or more, or a duration such as 90s, 15m or 2h"
        match = SECONDS_PATTERN.fullmatch(value)
        if match is None:
            raise SettingError(f"{name} is {value!r}; write {wanted}.")
        number = int(match[1]) * SECONDS_PER_UNIT[match[2] or "s"]
        if number < minimum:
            raise SettingError(f"{name} is {value!r}; write {wanted}.")
        return number

    def url(
        self,
        name: str,
        default: str | None = None,
        *,
        schemes: Sequence[str] = ("https", "http"),
    ) -> str:
        """An address with one of the schemes, without a trailing slash.

        The value is repeated in an error only up to its scheme: a database's address
        holds a password.
        """
        if not self.is_set(name) and default is not None:
            return default
        value = self.text(name)
        wanted = f"an address that starts with {_one_of([f'{s}://' for s in schemes])}"
        parts = urlsplit(value)
        if parts.scheme not in schemes:
            shown = (
                f"{parts.scheme}://..." if parts.scheme else "an address without a scheme"
            )
            raise SettingError(f"{name} is {shown}; write {wanted}.")
        if parts.scheme in ("https", "http") and not parts.hostname:
            raise SettingError(
                f"{name} names no host; write {wanted} and goes on with a host."
            )
        return value.rstrip("/")

    def choice(self, name: str, default: str, options: Sequence[str]) -> str:
        """One of the options, as written."""
        value = self.text(name, default)
        if value not in options:
            raise SettingError(f"{name} is {value!r}; write {_one_of(options)}.")
        return value

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """A list of words separated by commas or blanks."""
        if not self.is_set(name):
            return list(default)
        return [word for word in re.split(r"[,\s]+", self.text(name)) if word]

    def fernet_keys(self, name: str) -> list[str]:
        """One or more keys of 32 bytes in URL-safe base64; never repeated in an error."""
        keys = self.words(name)
        for number, key in enumerate(keys, 1):
            if not _is_fernet_key(key):
                raise SettingError(
                    f"{name}: key {number} is not 32 bytes in URL-safe base64; make one "
                    "with cryptography's Fernet.generate_key()."
                )
        return keys


def _is_fernet_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == FERNET_BYTES
    except ValueError:
        return False


def _outside(number: Decimal | int, minimum: object, maximum: object) -> bool:
    below = isinstance(minimum, Decimal | int) and number < minimum
    above = isinstance(maximum, Decimal | int) and number > maximum
    return below or above


def _bounds(minimum: object, maximum: object) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum} to {maximum}"
    if minimum is not None:
        return f", {minimum} or more"
    return f", {maximum} or less" if maximum is not None else ""


def _one_of(options: Sequence[str]) -> str:
    quoted = list(options)
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
