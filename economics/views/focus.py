"""The cost lines of some days as FOCUS 1.2 CSV."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.focus import ALL_COLUMNS, focus_row
from economics.selectors.charges import Asked, charges, count_charges
from economics.views.days import asked_of
from fleet.access import viewer_required
from fleet.csv_files import write_rows

MOST_LINES = 100_000


@require_GET
@viewer_required
def focus_csv(request: HttpRequest) -> HttpResponse:
    """A row per line that counts in the days of the filter; 422 with a sentence where the
    filter is wrong or asks for too much. Never a part: its sum is the ledger's."""
    wanted = asked_of(request, timezone.now()).wanted
    if wanted.fault:
        return refused(wanted.fault)
    asked = Asked(wanted.begin, wanted.end, wanted.simulated, wanted.deployment_id)
    count = count_charges(asked)
    if count > MOST_LINES:
        return refused(
            f"{count:,} lines; a file has at most {MOST_LINES:,}: ask for fewer days or "
            "for one deployment."
        )
    name = f"focus-1.2-{wanted.begin}-{wanted.end}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    rows = (focus_row(each) for each in charges(asked))
    cells = ([row.get(column) for column in ALL_COLUMNS] for row in rows)
    write_rows(ALL_COLUMNS, cells, response.write)
    return response


def refused(sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=422, content_type="text/plain; charset=utf-8")
