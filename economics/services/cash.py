"""Payments received and top-ups paid: by hand or from a file, taken back by a reversal.

CashRefused
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.models import BookImport, CashEntry, CashKind
from economics.services.books import locked
from economics.services.expenses import (
    LONGEST_TEXT,
    amount_complaint,
    currency_complaint,
    day_complaint,
)
from fleet.services import audit

PARTY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)


class CashRefused(Exception):
    """An entry that can not be booked: `errors` maps a field, or "", to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


@dataclass(frozen=True)
class CashSpec:
    """Money that moved, as it was asked for. month: any day of it; only of a payment."""

    kind: str
    party: str
    paid_on: date
    amount_usd: Decimal
    simulated: bool
    month: date | None = None
    note: str = ""
    currency: str = "USD"

    @property
    def first_of_month(self) -> date | None:
        return None if self.month is None else self.month.replace(day=1)


def complaints(spec: CashSpec, *, now: datetime) -> dict[str, str]:
    """What is wrong with an entry, a sentence for each field; {} when it is fine."""
    wrong = {
        "kind": ""
        if spec.kind in CashKind.values
        else f"The kind must be one of {', '.join(CashKind.values)}.",
        "party": party_complaint(spec.party),
        "paid_on": day_complaint(spec.paid_on, "day", latest=now.date()),
        "amount": amount_complaint(spec.amount_usd),
        "currency": currency_complaint(spec.currency),
        "month": month_complaint(spec, now=now),
        "note": note_complaint(spec.note),
    }
    return {field: sentence for field, sentence in wrong.items() if sentence}


def party_complaint(party: str) -> str:
    if PARTY.fullmatch(party):
        return ""
    return (
        f"The other side is {party[:40]!r}; write the marketplace or the provider in small "
        "letters, digits and dashes, such as openrouter or runpod."
    )


def month_complaint(spec: CashSpec, *, now: datetime) -> str:
    if spec.kind == CashKind.TOP_UP:
        return "" if spec.month is None else "A top-up pays no month; leave it empty."
    if spec.month is None:
        return "A payment needs the month that it pays, such as 2026-10."
    return day_complaint(spec.month, "month", latest=now.date())


def note_complaint(note: str) -> str:
    if len(note) > LONGEST_TEXT:
        return f"The note has {len(note):,} characters; at most {LONGEST_TEXT}."
    return "" if not note or note.isprintable() else "The note must be plain text."


def book_cash(spec: CashSpec, *, key: str, acting_user: str, now: datetime) -> CashEntry:
    """Book money that moved. `key` names the wish: the same again gives the first row.

    Raises CashRefused with a sentence per wrong field; then nothing is saved.
    """
    wrong = complaints(spec, now=now)
    if wrong:
        raise CashRefused(wrong)
    with locked():
        before = CashEntry.objects.filter(key=key).first()
        if before is not None:
            return before
        (row,) = write([spec], keys=[key], acting_user=acting_user, now=now)
        audit.record(
            "cash.booked",
            f"{row.get_kind_display()} {row.party}",
            acting_user=acting_user,
            now=now,
            usd=str(row.amount_usd),
            paid_on=str(row.paid_on),
            month=f"{row.month:%Y-%m}" if row.month else "",
        )
    return row


def write(
    specs: Iterable[CashSpec],
    *,
    keys: Iterable[str],
    acting_user: str,
    now: datetime,
    book_import: BookImport | None = None,
) -> list[CashEntry]:
    """The rows of entries without a complaint. Holds the books' lock."""
    return CashEntry.objects.bulk_create(
        [
            CashEntry(
                kind=spec.kind,
                party=spec.party,
                month=spec.first_of_month,
                paid_on=spec.paid_on,
                amount_usd=spec.amount_usd,
                note=spec.note.strip(),
                simulated=spec.simulated,
                book_import=book_import,
                key=key,
                acting_user=acting_user,
                booked_at=now,
            )
            for spec, key in zip(specs, keys, strict=True)
        ]
    )


def reverse_cash(pk: int, *, reason: str, acting_user: str, now: datetime) -> CashEntry:
    """Take an entry back by its opposite. Raises CashRefused; of two at once one is."""
    if not reason.strip() or note_complaint(reason):
        raise CashRefused(
            {"reason": f"Say why in plain text, at most {LONGEST_TEXT} characters."}
        )
    with locked():
        row = CashEntry.objects.filter(pk=pk).first()
        if row is None:
            raise CashRefused({"": "There is no such entry; nothing was changed."})
        if row.reverses_id is not None:
            raise CashRefused({"": "A reversal can not be reversed; book it again."})
        if CashEntry.objects.filter(reverses=row).exists():
            raise CashRefused({"": "The entry is reversed already."})
        back = CashEntry.objects.create(
            kind=row.kind,
            party=row.party,
            month=row.month,
            paid_on=row.paid_on,
            amount_usd=-row.amount_usd,
            note=reason.strip(),
            simulated=row.simulated,
            reverses=row,
            key=f"reverses:{row.pk}",
            acting_user=acting_user,
            booked_at=now,
        )
        audit.record(
            "cash.reversed",
            f"{row.get_kind_display()} {row.party}",
            acting_user=acting_user,
            now=now,
            usd=str(back.amount_usd),
            reason=reason.strip(),
        )
    return back
