"""Alert channels at the edge: an apprise address in, what the service replied out.

    ChannelRefused   the address can not be a channel; the message is for people

Only services that speak HTTP or SMTP are offered: apprise also knows some that start
programs, write to this machine's own desktop or log, or keep a connection. A reply is
told without any part of the address: the address is the password.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

import apprise
from apprise import NotifyType
from apprise.plugins import NotifyBase

from fleet.outgoing import (
    Address,
    Allowed,
    Reply,
    Resolve,
    TargetRefused,
    check_form_of,
    check_host,
    guarded,
    within,
)

CONNECT_SECONDS = 5
READ_SECONDS = 10
DEADLINE_SECONDS = 20
LONGEST_REPLY = 300
LONGEST_URL = 1000
SHORTEST_SECRET = 4
# Each of them talks HTTP by `requests`, or SMTP; none reads a file or starts a program.
SERVICES = {
    "mailto": "mail",
    "mailtos": "mail",
    "json": "webhook (JSON)",
    "jsons": "webhook (JSON)",
    "form": "webhook (form)",
    "forms": "webhook (form)",
    "xml": "webhook (XML)",
    "xmls": "webhook (XML)",
    "slack": "Slack",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "discord": "Discord",
    "tgram": "Telegram",
    "gotify": "Gotify",
    "gotifys": "Gotify",
    "mmost": "Mattermost",
    "mmosts": "Mattermost",
    "rocket": "Rocket.Chat",
    "rockets": "Rocket.Chat",
    "workflow": "Microsoft Teams",
    "workflows": "Microsoft Teams",
    "gchat": "Google Chat",
    "wxteams": "Webex",
    "zulip": "Zulip",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "pagertree": "PagerTree",
    "splunk": "Splunk On-Call",
    "pover": "Pushover",
    "pbul": "Pushbullet",
    "signal": "Signal",
    "signals": "Signal",
    "twilio": "Twilio",
    "apprise": "Apprise API",
    "apprises": "Apprise API",
}
# Parameters that make apprise read a file, of this machine or of another address.
FILE_PARAMETERS = {"template", "attach", "keyfile", "pgp", "pgpkey", "pgpmode", "config"}
SCHEME = re.compile(r"[a-z0-9]{1,20}://", re.IGNORECASE)
LEVELS = {
    "critical": NotifyType.FAILURE,
    "warning": NotifyType.WARNING,
    "notice": NotifyType.INFO,
    "over": NotifyType.SUCCESS,
}

# It writes whole addresses; what it says is kept here, masked, and nowhere else.
logging.getLogger("apprise").setLevel(logging.WARNING)
logging.getLogger("apprise").propagate = False


class ChannelRefused(ValueError):
    """An address that can not be a channel; the message is for people, without it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of a channel: the service, and the host where a person chose it."""

    service: str
    host: str


def check(url: str, *, allowed: Allowed, resolve: Resolve = socket.getaddrinfo) -> Shown:
    """What may be shown of an address that can be a channel. Raises ChannelRefused."""
    plugin, _ = _opened(url, allowed=allowed, resolve=resolve)
    return Shown(SERVICES[scheme_of(url)], own_host(plugin))


def send(
    url: str,
    *,
    title: str,
    body: str,
    level: str,
    allowed: Allowed,
    seconds: float = DEADLINE_SECONDS,
    resolve: Resolve = socket.getaddrinfo,
) -> Reply:
    """Send one message; never raises. level is a key of LEVELS."""

    def work() -> tuple[bool, str]:
        try:
            plugin, addresses = _opened(url, allowed=allowed, resolve=resolve)
        except ChannelRefused as refusal:
            return False, str(refusal)
        return _notify(plugin, url, title, body, level, allowed, addresses)

    return within(seconds, work)


def _notify(
    plugin: NotifyBase,
    url: str,
    title: str,
    body: str,
    level: str,
    allowed: Allowed,
    addresses: frozenset[Address],
) -> tuple[bool, str]:
    with heard() as lines, guarded(allowed, addresses=addresses) as guard:
        try:
            ok = bool(
                plugin.notify(
                    body=body, title=title, notify_type=LEVELS[level], body_format="text"
                )
            )
        except TargetRefused as refusal:
            return False, str(refusal)
    if guard.refusal:
        return False, guard.refusal
    words = masked(" ".join(lines), url)[:LONGEST_REPLY]
    return ok, words or ("accepted" if ok else "refused without a reason")


def scheme_of(url: str) -> str:
    return url.partition("://")[0].strip().lower()


def _opened(
    url: str, *, allowed: Allowed, resolve: Resolve
) -> tuple[NotifyBase, frozenset[Address]]:
    """The service of an address, and the addresses of a host that is allowed by name."""
    _check_form(url)
    with heard():
        try:
            plugin = apprise.Apprise.instantiate(
                url, asset=apprise.AppriseAsset(secure_logging=True, http_redirects=False)
            )
        except Exception:  # a plugin's own reading of nonsense
            plugin = None
    if not isinstance(plugin, NotifyBase):
        raise ChannelRefused(
            f"The address is not complete for {SERVICES[scheme_of(url)]}; see the examples "
            "below the field."
        )
    plugin.redirects = False
    plugin.socket_connect_timeout = CONNECT_SECONDS
    plugin.socket_read_timeout = READ_SECONDS
    host = own_host(plugin)
    try:
        if has_own_host(plugin):
            check_form_of(written_host(url))
        found = check_host(host, allowed=allowed, resolve=resolve) if host else frozenset()
    except TargetRefused as refusal:
        raise ChannelRefused(str(refusal)) from None
    return plugin, found if host.lower().rstrip(".") in allowed.hosts else frozenset()


def _check_form(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise ChannelRefused(
            f"The address has {len(url):,} characters; write at most {LONGEST_URL:,}."
        )
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise ChannelRefused(
            "The address holds a blank, a backslash or a control character; write %20 for "
            "a blank."
        )
    if scheme_of(url) not in SERVICES or "://" not in url:
        began = f"begins with {scheme_of(url)!r}" if SCHEME.match(url) else "has no scheme"
        raise ChannelRefused(
            f"The address {began}; write one of a service that is offered here, such as "
            "mailtos://, jsons://, slack:// or ntfys://."
        )
    names = {name.strip().lower() for name, _ in parse_qsl(url.partition("?")[2], True)}
    if read := names & FILE_PARAMETERS:
        raise ChannelRefused(
            f"The parameter {sorted(read)[0]!r} would read a file; leave it out."
        )


def own_host(plugin: NotifyBase) -> str:
    """The host that a person wrote, "" where the service has a fixed one."""
    if not has_own_host(plugin):
        return ""
    return str(getattr(plugin, "smtp_host", "") or getattr(plugin, "host", "") or "")


def has_own_host(plugin: NotifyBase) -> bool:
    return "host" in (plugin.template_tokens or {})


def written_host(url: str) -> str:
    """The host as it stands in the address. apprise reads one in an odd form as no host
    at all, and goes on with another."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


@contextmanager
def heard() -> Iterator[list[str]]:
    """What apprise says in this thread: its reasons exist as log lines only."""
    lines: list[str] = []
    me = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == me:
                lines.append(record.getMessage())

    ear = Ear(logging.WARNING)
    log = logging.getLogger("apprise")
    log.addHandler(ear)
    try:
        yield lines
    finally:
        log.removeHandler(ear)


def masked(text: str, url: str) -> str:
    """`text` without control characters and without the secret parts of `url`."""
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
    for secret in sorted(secrets_of(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text.strip()


def secrets_of(url: str) -> set[str]:
    """Every part of an address that may be a secret: all but its scheme and its host."""
    _, _, rest = url.partition("://")
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    parts = {rest, *re.split(r"[/?&=@:,#]", rest)}
    parts |= {unquote(part) for part in parts}
    return {part for part in parts if len(part) >= SHORTEST_SECRET and part.lower() != host}
