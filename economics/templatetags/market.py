"""How a token price looks: USD per million for the eye, every digit per token on hover."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from economics.calc.money import per_million
from economics.market.listed_prices import price_text
from fleet.templatetags import numbers

register = template.Library()


@register.filter
def token_price(usd_per_token: Decimal | Any, why: str = "") -> SafeString | str:
    """A price per token as USD per million, two to four decimals; "—" with a reason."""
    absent = numbers.reason_missing(usd_per_token)
    if absent:
        return numbers.missing(why or absent)
    return format_html(
        '<span title="${} per token">{}</span>',
        price_text(usd_per_token),
        numbers.money(per_million(usd_per_token), most=4),
    )
