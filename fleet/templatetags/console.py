"""Parts of every page: times, statuses, provenance chips."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from fleet.access import why_not
from fleet.services.roles import Role
from fleet.shown_zone import shown_time, shown_zone
from fleet.templatetags.numbers import duration_words, missing

register = template.Library()

# One shape per kind, so that nobody needs to tell colours apart. 12 x 12 units.
SHAPES = {
    "healthy": '<circle cx="6" cy="6" r="5" fill="currentColor"/>',
    "degraded": '<path d="M6 .5 11.5 6 6 11.5.5 6Z" fill="currentColor"/>',
    "down": '<path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="3"/>',
    "starting": (
        '<circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" '
        'stroke-width="1.6"/><path d="M6 1a5 5 0 0 1 0 10Z" fill="currentColor"/>'
    ),
    "stopped": '<rect x="1.5" y="1.5" width="9" height="9" fill="currentColor"/>',
    "unknown": (
        '<circle cx="6" cy="6" r="4.8" fill="none" stroke="currentColor" '
        'stroke-width="1.4" stroke-dasharray="2 2"/>'
    ),
}


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 16) -> str:
    """A Lucide icon as inline SVG. It is decoration: the words stand beside it."""
    return lucide(name, size=size, aria_hidden="true")


@register.simple_tag(takes_context=True)
def needs(context: template.Context, role: str) -> SafeString:
    """Attributes of a button that only this role may press: disabled for others."""
    reason = _why_not(context, role)
    return format_html(' disabled title="{}"', reason) if reason else SafeString("")


@register.simple_tag(takes_context=True)
def needs_words(context: template.Context, role: str) -> SafeString:
    """The reason beside such a button, in words that need no pointer; else nothing."""
    reason = _why_not(context, role)
    if not reason:
        return SafeString("")
    return format_html(
        '<p class="small muted needs">{} {}</p>', mark_safe(icon("lock", 14)), reason
    )


def _why_not(context: template.Context, role: str) -> str:
    """A part that is included with `only` still knows its request."""
    request = getattr(context, "request", None) or context.get("request")
    return why_not(request.user, Role(role)) if request is not None else ""


@register.simple_tag
def status(kind: str, word: str) -> SafeString:
    """Colour, shape and word of a state. `kind` is one of the six in SHAPES."""
    turning = mark_safe(' class="turning"') if kind == "starting" else ""
    return format_html(
        '<span class="status status-{}"><svg viewBox="0 0 12 12" aria-hidden="true"{}>{}'
        "</svg>{}</span>",
        kind,
        turning,
        mark_safe(SHAPES[kind]),
        word,
    )


@register.simple_tag
def ago(instant: datetime | None, now: datetime, why: str = "never") -> SafeString:
    """A past or coming instant, relative; the absolute time is its title."""
    if instant is None:
        return missing(why)
    return time_tag(instant, relative_words((now - instant).total_seconds()), live=True)


@register.filter
def when(instant: datetime | None, why: str = "not yet") -> SafeString:
    """An instant in the reader's own time zone: 2026-03-04 17:20:05 CET."""
    if instant is None:
        return missing(why)
    words, _, zone = shown_time(instant, "%Y-%m-%d %H:%M:%S").rpartition(" ")
    return format_html("{} {}", time_tag(instant, words), zone)


@register.filter
def clock(instant: datetime | None, why: str = "not known") -> SafeString:
    """The time of day of an instant in the reader's own time zone: 17:20 CET."""
    return (
        missing(why) if instant is None else time_tag(instant, shown_time(instant, "%H:%M"))
    )


@register.filter
def when_text(instant: datetime) -> str:
    """As `when` without a tag, for a title or a label."""
    return shown_time(instant, "%Y-%m-%d %H:%M:%S")


@register.simple_tag
def own_zone() -> str:
    """The name of the reader's time zone: Europe/Berlin."""
    return shown_zone().key


@register.filter
def utc(instant: datetime | None, why: str = "not yet") -> SafeString:
    """An instant of the books, in UTC for everybody: 2026-03-04 16:20:05."""
    if instant is None:
        return missing(why)
    return time_tag(instant, f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


@register.simple_tag
def copy(text: str, what: str) -> SafeString:
    """A small button that copies `text`; `what` is its name: "its name", "the id"."""
    if not text:
        return SafeString("")
    return format_html(
        '<button class="copy" type="button" data-copy-text="{}" aria-label="Copy {}" '
        'title="Copy {}"></button>',
        text,
        what,
        what,
    )


@register.simple_tag
def copy_time(instant: datetime | None) -> SafeString:
    """A small button that copies an instant as ISO 8601 in UTC: 2026-03-04T16:20:05Z."""
    if instant is None:
        return SafeString("")
    text = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return copy(text, text)


@register.filter
def age(since: datetime, now: datetime) -> str:
    """How long something has lasted, in its two largest units."""
    return duration_words((now - since).total_seconds())


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value of a mapping, None where it has none."""
    return mapping.get(key)


@register.inclusion_tag("components/_provenance.html")
def provenance(tag: str, source: str = "", **details: Any) -> dict[str, Any]:
    """A chip that says how a number is known and opens to its source, age and formula."""
    return {"tag": str(tag), "source": source, **details}


def time_tag(instant: datetime, text: str, *, live: bool = False) -> SafeString:
    moment = instant.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC"{}>{}</time>',
        moment.isoformat(timespec="seconds"),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        mark_safe(" data-relative") if live else "",
        text,
    )


def relative_words(seconds: float) -> str:
    """How long ago (positive) or ahead (negative), in one unit.

    >>> relative_words(4), relative_words(250), relative_words(-90), relative_words(-5400)
    ('4 s ago', '4 min ago', 'in 1 min', 'in 1 h')
    """
    size = abs(seconds)
    if size < 1:
        return "now"
    for unit, word in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if size >= unit:
            text = f"{int(size // unit)} {word}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return duration_words(size)
