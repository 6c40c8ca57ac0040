"""What the watch says of gates: an answer that changed, and a fleet to leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from economics.selectors.decisions.kept_gates import gate_changes, newest_evaluations
from fleet.models import Severity
from fleet.services.alerts.definitions import Finding, RuleDefinition

EXIT = "exit"


def changed_gates(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Gates that answered differently than the time before, in the last `limit` hours.

    Of several changes of one gate the newest is told.
    """
    since = now - timedelta(hours=float(limit))
    newest = {each.subject: each for each in gate_changes(since=since, now=now)}
    return [
        Finding(
            subject,
            f"{each.fleet}: the gate “{each.title}” is {each.becomes}",
            f"It was {each.was}. {'; '.join(each.sentences)}. The page Road map shows it.",
            since=each.at,
        )
        for subject, each in newest.items()
    ]


def fleets_to_leave(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Fleets whose exit gate was met when it was judged last."""
    found = []
    for row in newest_evaluations():
        gate = next((each for each in row.gates if each["gate"] == EXIT), None)
        if row.fleet is None or gate is None or gate["state"] != "met":
            continue
        reasons = [
            f"{each['title']}: {each['sentence']}"
            for each in gate["conditions"]
            if each["state"] == "met"
        ]
        found.append(
            Finding(
                row.fleet.slug,
                f"{row.fleet} is to be left by its policy",
                f"{'; '.join(reasons)}. Judged {row.evaluated_at:%Y-%m-%d %H:%M} UTC by "
                f"{row.policy}. The page Decide says what to do.",
                since=row.evaluated_at,
            )
        )
    return found


RULES = (
    RuleDefinition(
        "gate-changed",
        "A gate answers differently",
        "The gates of each fleet as they were kept, each against the time before.",
        Severity.NOTICE,
        changed_gates,
        limit=Decimal(24),
        unit="h since the change",
    ),
    RuleDefinition(
        "exit-gate",
        "A fleet is to be left",
        "The exit gate of each fleet as it was judged last: contribution, loss, successor.",
        Severity.WARNING,
        fleets_to_leave,
    ),
)
