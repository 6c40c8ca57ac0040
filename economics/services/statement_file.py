"""A marketplace's monthly statement from a CSV file.

Marketplaces do not document a format; the columns have several names each, further
columns are left unread and named in the preview. docs/books.md lists them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings

from economics.calc.money import round_stored, shown_usd
from economics.calc.months import next_month, read_month
from economics.calc.variance import Earned, is_explained, share_of
from economics.models import DEFAULT_MARKET, BookImport, Statement
from economics.selectors.accrued_months import accrued_in
from economics.selectors.days import newest_closed_day
from economics.selectors.model_names import ModelNames
from economics.selectors.statements import newest_statements
from economics.selectors.today import kinds_of_money
from economics.services.book_imports import Importer, Shown
from economics.services.statements import StatementSpec, book_statement
from fleet.csv_files import Column, FileRefused, Row, counted, name_repeats, read_sheet

MOST_ROWS = 5_000
MOST_USD = Decimal(100_000_000)
MOST_TOKENS = Decimal(10**17)
CENT = Decimal("0.01")  # a statement may round each of its amounts
MARKET = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
COLUMNS = (
    Column("period", longest=20, also=("month", "date", "day", "statement_period")),
    Column(
        "model", longest=120, also=("model_id", "model_slug", "model_permaslug", "endpoint")
    ),
    Column(
        "gross_usd",
        number=True,
        also=("gross", "gross_amount", "gross_amount_usd", "gross_revenue", "revenue_usd"),
    ),
    Column("fee_usd", needed=False, number=True, also=("fee", "fees", "fees_usd")),
    Column(
        "net_usd",
        number=True,
        also=("net", "net_amount", "net_amount_usd", "net_revenue", "payout", "payout_usd"),
    ),
    Column(
        "prompt_tokens",
        needed=False,
        number=True,
        also=("input_tokens", "tokens_prompt", "native_tokens_prompt"),
    ),
    Column(
        "completion_tokens",
        needed=False,
        number=True,
        also=("output_tokens", "tokens_completion", "native_tokens_completion"),
    ),
    Column("currency", needed=False),
    Column("market", needed=False, longest=40),
)
USD_WANTED = "write USD, such as 1234.56."
TOKENS_WANTED = "write a whole number of tokens."
PERIOD_WANTED = "write a month such as 2026-10, or a day of it such as 2026-10-31."


@dataclass(frozen=True)
class StatementFile:
    """One month of one marketplace.

    unread  columns that were left out, as the file names them
    """

    market: str
    month: date
    simulated: bool
    rows: tuple[StatementSpec, ...]
    unread: tuple[str, ...]

    @property
    def net_usd(self) -> Decimal:
        return sum((row.net_usd for row in self.rows), Decimal(0))


def read_statement(content: bytes, now: datetime) -> StatementFile:
    """The statement of a file. Raises FileRefused with its faults; changes nothing."""
    sheet = read_sheet(content, COLUMNS, most_rows=MOST_ROWS, others_refused=False)
    months = [(row, month_of(row)) for row in sheet.rows]
    markets = [(row, market_of(row)) for row in sheet.rows]
    name_others(months, "period", "line {line} is about {first:%Y-%m}; import each alone.")
    name_others(markets, "market", "line {line} is of {first}; import each alone.")
    names = ModelNames()
    rows = tuple(spec for row in sheet.rows if (spec := spec_of(row, names)) is not None)
    name_repeats(
        ((row, (row.text("period"), row.text("model").lower())) for row in sheet.rows),
        "model",
        "line {line} has the same model and period; add them up or leave one out.",
    )
    if sheet.faults:
        raise counted(sheet.faults)
    month = next(month for _, month in months if month is not None)
    refuse_open_month(month, now=now)
    return StatementFile(
        market=markets[0][1],
        month=month,
        simulated=kinds_of_money()[0],
        rows=rows,
        unread=sheet.unread,
    )


def month_of(row: Row) -> date | None:
    """The month of a row's period; None with a fault."""
    text = row.text("period")
    is_day = False
    with suppress(ValueError):
        is_day = len(text) == 10 and bool(date.fromisoformat(text))
    month = read_month(text[:-3] if is_day else text)
    if month is None:
        row.fault("period", PERIOD_WANTED)
    return month


def market_of(row: Row) -> str:
    """The marketplace of a row; OpenRouter where the file does not say."""
    text = row.text("market").lower() or DEFAULT_MARKET
    if not MARKET.fullmatch(text):
        row.fault("market", "write small letters, digits and dashes, such as openrouter.")
    return text


def name_others(values: Sequence[tuple[Row, object]], column: str, wanted: str) -> None:
    """A fault for each row that says another thing than the first one."""
    said = [(row, value) for row, value in values if value is not None]
    for row, value in said[1:]:
        if value != said[0][1]:
            row.fault(column, wanted.format(line=said[0][0].line, first=said[0][1]))


def spec_of(row: Row, names: ModelNames) -> StatementSpec | None:
    """The row as it is booked; None when its faults say why not."""
    if not row.text("model"):
        row.fault("model", "write the model as the statement names it.")
    if row.text("currency").upper() not in ("", "USD"):
        row.fault("currency", "the books are in USD; import a statement in USD.")
    gross = usd(row, "gross_usd")
    net = usd(row, "net_usd")
    fee = usd(row, "fee_usd") if row.text("fee_usd") else None
    prompt, completion = tokens(row, "prompt_tokens"), tokens(row, "completion_tokens")
    if gross is None or net is None or row.faults:
        return None
    if fee is None:
        fee = gross - net
    if abs(gross - fee - net) > CENT:
        wanted = f"gross minus fee is {gross - fee:f}; put the row right at its source."
        row.fault("net_usd", wanted)
        return None
    return StatementSpec(
        line=row.line,
        period=row.text("period"),
        model_name=row.text("model"),
        served_model_id=names.of(row.text("model")),
        prompt_tokens=prompt,
        completion_tokens=completion,
        gross_usd=gross,
        fee_usd=fee,
        net_usd=net,
    )


def usd(row: Row, column: str) -> Decimal | None:
    """An amount of a row, rounded to the 6 decimals of the books; None with a fault."""
    amount = row.number(
        column, USD_WANTED, at_least=-MOST_USD, at_most=MOST_USD, decimals=20
    )
    return None if amount is None else round_stored(amount)


def tokens(row: Row, column: str) -> int | None:
    """A number of tokens; None where the file does not say, or with a fault."""
    if not row.text(column):
        return None
    count = row.number(
        column, TOKENS_WANTED, at_least=Decimal(0), at_most=MOST_TOKENS, decimals=0
    )
    return None if count is None else int(count)


def refuse_open_month(month: date, *, now: datetime) -> None:
    """Raise FileRefused unless every day of the month is closed."""
    last = next_month(month) - timedelta(days=1)
    newest = newest_closed_day()
    if newest is None or newest < last:
        closed = "no day is closed yet" if newest is None else f"closed up to {newest}"
        raise FileRefused(
            f"The statement is about {month:%Y-%m}; it can be matched when {last} is "
            f"closed ({closed}). Nothing was imported."
        )


def show_statement(file: StatementFile, now: datetime) -> Shown:
    """What the statement says, against what was accrued."""
    return Shown(
        headings=(
            "Period",
            "Model",
            "Is ours",
            "Prompt",
            "Completion",
            "Gross",
            "Fee",
            "Net",
        ),
        rows=[cells(row) for row in file.rows],
        sentences=sentences(file),
    )


def cells(row: StatementSpec) -> tuple[object, ...]:
    return (
        *(row.period, row.model_name, "yes" if row.served_model_id else "no"),
        *(count(row.prompt_tokens), count(row.completion_tokens)),
        *(shown_usd(row.gross_usd), shown_usd(row.fee_usd), shown_usd(row.net_usd)),
    )


def count(tokens: int | None) -> str:
    return "—" if tokens is None else f"{tokens:,}"


def sentences(file: StatementFile) -> list[str]:
    """The variance in words, the version, the names without a model, what was unread."""
    accrued = accrued_in(file.month, simulated=file.simulated)
    net = sum((each.net_usd for each in accrued), Decimal(0))
    gross = sum((each.gross_usd for each in accrued), Decimal(0))
    others = [
        each
        for each in newest_statements(simulated=file.simulated, month=file.month)
        if each.market != file.market
    ]
    stated = file.net_usd + sum((each.net_usd for each in others), Decimal(0))
    share = share_of(stated - net, net)
    words = f"{file.market} pays {shown_usd(file.net_usd)} for {file.month:%Y-%m}; "
    if others:
        words += f"with {', '.join(each.market for each in others)} {shown_usd(stated)}; "
    words += f"{shown_usd(net)} was accrued"
    if share is not None:
        words += f", a difference of {share:+.1f} %".replace("-", "−")
    said = [f"{words}."]
    tolerance = settings.STATEMENT_TOLERANCE_PERCENT
    if not is_explained(
        Earned(None, gross, net), Earned(None, gross, stated), tolerance_percent=tolerance
    ):
        said.append(
            f"That is more than {tolerance:f} %: is another marketplace's statement of "
            "this month still to come, or is one of its models another of ours? The "
            "difference is booked either way, and a later statement corrects it."
        )
    versions = Statement.objects.filter(
        market=file.market, month=file.month, simulated=file.simulated
    ).count()
    if versions:
        said.append(
            f"It becomes version {versions + 1}; version {versions} stays as it was, and "
            "what changed is booked as a correction."
        )
    unmatched = sorted({row.model_name for row in file.rows if not row.served_model_id})
    if unmatched:
        said.append(
            f"No model of ours has these names: {', '.join(unmatched[:20])}. "
            "If one is ours, write that name as its OpenRouter name under Market, Listing, "
            "and choose the file again."
        )
    unpriced = sum(each.unpriced_tokens for each in accrued)
    if unpriced:
        said.append(f"{unpriced:,} tokens of the month had no price and are not accrued.")
    if file.unread:
        said.append(f"Columns that are not read: {', '.join(file.unread[:20])}.")
    return said


def book_file(file: StatementFile, book_import: BookImport, now: datetime) -> str:
    """Store the statement and book its variance; a sentence."""
    statement, corrected = book_statement(
        file.rows,
        market=file.market,
        month=file.month,
        simulated=file.simulated,
        book_import=book_import,
        now=now,
    )
    words = f"{statement}, {shown_usd(statement.net_usd)}"
    if corrected:
        return f"{words}; a variance of {shown_usd(corrected)} is booked today"
    return f"{words}; nothing to correct"


STATEMENT = Importer(
    kind="statement",
    read=read_statement,
    count=lambda file: len(file.rows),
    show=show_statement,
    book=book_file,
)
