"""SQL that splits what an hour of a pod cost by what its seconds were used for.

As calc/shares.py does it: each part rounded down to the millionth of a dollar, then the
steps that are left to the parts that lost most, the first of equals. It works on `whole`,
the hour's millionths without their sign (a negative sum is mirrored), and on `used`, its
row of economics_podhouruse. Each of the three steps wants a subquery of its own that ends
in OFFSET 0: written into each other, the parts of an hour are worked out fifty times.
"""

from __future__ import annotations

from economics.calc.pod_use import USES

_NUMBERS = range(len(USES))
_PART = "whole * used.{use}_seconds::bigint / nullif(used.seconds, 0) AS part{n}"
_LOST = "whole * used.{use}_seconds::bigint %% nullif(used.seconds, 0) AS lost{n}"

# Columns of the first step; all are NULL in an hour that no use is known of.
PARTS_AND_LOSSES = ", ".join(
    column.format(use=use, n=n) for n, use in enumerate(USES) for column in (_PART, _LOST)
)
# The column of the second step, over the first.
STEPS_LEFT = f"whole - {' - '.join(f'part{n}' for n in _NUMBERS)} AS steps_left"


def millionths_of(use: str) -> str:
    """What a use gets of the hour [1e-6 USD], without the sign, over the second step.

    Raises ValueError for a word that is no use.
    """
    n = [each.value for each in USES].index(use)
    needier = " + ".join(
        f"(lost{m} {'>=' if m < n else '>'} lost{n})::int" for m in _NUMBERS if m != n
    )
    return f"(part{n} + ({needier} < steps_left)::int)"
