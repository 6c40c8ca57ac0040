"""The audit's hash chain: sealing what was committed, and verifying all of it.

    hash = SHA-256(prev_hash, position, and every column of the audit row, as JSON)

A row that was changed, removed or put in between later breaks the chain from there on.
Whoever can also rewrite every seal after it is noticed only against a head that was
noted elsewhere: each run of the job says the head, so it stands in the logs too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from fleet.models import AuditEntry, AuditSeal

FIRST = "0" * 64
LOCK = "fleet audit chain"
MOST = 5_000  # rows of one run; the next run goes on
UNSEALED_LATE = timedelta(minutes=10)
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found. `fault` is a sentence, empty when all is right."""

    verified: int
    head: str  # "<position>:<hash>", of the last good seal
    unsealed: int
    fault: str


def seal(*, now: datetime) -> str:
    """Chain the committed rows that have no seal yet; a summary with the head.

    One run at a time: a second one waits for the first and then finds nothing to do.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        last = AuditSeal.objects.order_by("-position").first()
        position, head = (last.position, last.hash) if last else (0, FIRST)
        fresh = AuditEntry.objects.filter(seal__isnull=True).order_by("pk")[:MOST]
        made = []
        for entry in fresh:
            position += 1
            this = digest(entry, position=position, prev_hash=head)
            made.append(
                AuditSeal(
                    entry=entry, position=position, prev_hash=head, hash=this, sealed_at=now
                )
            )
            head = this
        AuditSeal.objects.bulk_create(made, batch_size=AT_ONCE)
    return f"sealed {len(made)}, head {position}:{head}"


def digest(entry: AuditEntry, *, position: int, prev_hash: str) -> str:
    """The hash of one link, in hex."""
    told = {
        "prev": prev_hash,
        "position": position,
        "id": entry.pk,
        "at": entry.at.isoformat(),
        "acting_user": entry.acting_user,
        "verb": entry.verb,
        "target": entry.target,
        "figures": entry.figures,
        "request_id": entry.request_id,
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def verify(*, now: datetime, noted_head: str = "") -> Verdict:
    """Walk the whole chain. noted_head: "<position>:<hash>" that was written down before.

    Raises ValueError for a noted head that is not written like that.
    """
    noted_position, noted_hash = _noted(noted_head)
    position, head, fault = 0, FIRST, ""
    for link in AuditSeal.objects.select_related("entry").iterator(chunk_size=AT_ONCE):
        fault = _fault_of(link, position=position + 1, prev_hash=head)
        if not fault and link.position == noted_position and link.hash != noted_hash:
            fault = f"Seal {link.position} is not the head that was noted: rewritten."
        if fault:
            break
        position, head = link.position, link.hash
    if not fault and noted_position > position:
        fault = f"The chain ends at {position}, before the noted head {noted_position}."
    waiting = AuditEntry.objects.filter(seal__isnull=True)
    late = waiting.filter(at__lt=now - UNSEALED_LATE).count()
    if not fault and late:
        fault = (
            f"{late} rows are older than {UNSEALED_LATE.seconds // 60} minutes and have no "
            "seal: the job seal_audit does not run, or rows were put in behind it."
        )
    return Verdict(position, f"{position}:{head}", waiting.count(), fault)


def _fault_of(link: AuditSeal, *, position: int, prev_hash: str) -> str:
    if link.position != position:
        return f"Seal {position} is missing; the next one is {link.position}."
    if link.prev_hash != prev_hash:
        return f"Seal {position} does not follow seal {position - 1}."
    if link.hash != digest(link.entry, position=position, prev_hash=prev_hash):
        return f"Audit row {link.entry_id} (seal {position}) was changed after its sealing."
    return ""


def _noted(text: str) -> tuple[int, str]:
    if not text:
        return 0, ""
    position, _, found = text.partition(":")
    if not position.isascii() or not position.isdigit() or len(found) != len(FIRST):
        raise ValueError(
            f"The head is {text[:90]!r}; write it as the job did, <position>:<64 digits>."
        )
    return int(position), found
