"""Cost lines as FOCUS 1.2 rows (FinOps Open Cost and Usage Specification). Pure.

One row per ledger line, so that a sum over rows is a sum over lines. Columns and allowed
values: https://focus.finops.org/focus-specification/v1-2/; ours begin with "x_".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

COLUMNS = (
    *("AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName"),
    *("BillingAccountType", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart"),
    *("CapacityReservationId", "CapacityReservationStatus", "ChargeCategory"),
    *("ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd"),
    *("ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId"),
    *("CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus"),
    *("CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity"),
    *("ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost"),
    *("InvoiceId", "InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory"),
    *("PricingCurrency", "PricingCurrencyContractedUnitPrice"),
    *("PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity"),
    *("PricingUnit", "ProviderName", "PublisherName", "RegionId", "RegionName"),
    *("ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName"),
    *("ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId"),
    *("SubAccountId", "SubAccountName", "SubAccountType", "Tags"),
)
OWN_COLUMNS = ("x_AccountingDay", "x_Kind", "x_Provenance", "x_Line", "x_CorrectsLine")
ALL_COLUMNS = COLUMNS + OWN_COLUMNS
USD = "USD"
ONE_UNIT = ("expense", "serverless")  # an amount whose quantity nobody tells
PROVIDERS = {"runpod": "RunPod", "sandbox": "Kerne sandbox", "spotmarket": "Kerne sandbox"}


@dataclass(frozen=True)
class Service:
    """What is sold: its name, and where FOCUS puts it."""

    name: str
    category: str
    subcategory: str
    resource_type: str


# By kind of line. Category and subcategory are of FOCUS's own lists.
SERVICES = {
    "gpu": Service("GPU pods", "Compute", "Containers", "Pod"),
    "disk": Service("Pod container disk", "Storage", "Block Storage", "Pod"),
    "volume": Service("Pod volume disk", "Storage", "Block Storage", "Pod"),
    "stopped_volume": Service("Pod volume disk", "Storage", "Block Storage", "Pod"),
    "network_volume": Service("Network volumes", "Storage", "File Storage", "Volume"),
    "serverless": Service(
        "Serverless endpoints", "Compute", "Serverless Compute", "Endpoint"
    ),
    "variance": Service("Statement variance", "Other", "Other (Other)", "Statement"),
    "expense": Service("Other expenses", "Other", "Other (Other)", "Expense"),
}


@dataclass(frozen=True)
class Charge:
    """One ledger line.

    kind          of SERVICES
    provider      our word for it, or the marketplace of a statement; empty for an expense
    day           accounting day (UTC) that it counts in
    start, end    [start, end) that it is about
    usd_per_hour  None for a correction and where there is no price by time
    seconds       0 for a correction
    corrects      the id of the line that it puts right; "" for none
    """

    line: str
    kind: str
    provider: str
    day: date
    start: datetime
    end: datetime
    amount_usd: Decimal
    provenance: str
    resource_id: str = ""
    resource_name: str = ""
    sku: str = ""
    seconds: int = 0
    usd_per_hour: Decimal | None = None
    is_correction: bool = False
    corrects: str = ""
    fleet: str = ""
    fleet_name: str = ""
    deployment: str = ""
    model: str = ""
    words: str = ""

    @property
    def is_priced(self) -> bool:
        """Whether seconds times a price made the amount."""
        return not self.is_correction and self.usd_per_hour is not None and self.seconds > 0

    @property
    def is_of_an_earlier_month(self) -> bool:
        """Whether it is about a month before that of its accounting day."""
        about = self.start.astimezone(UTC)
        return (about.year, about.month) != (self.day.year, self.day.month)


def focus_row(charge: Charge) -> dict[str, object]:
    """A line as FOCUS columns; a column that is missing here is null."""
    service = SERVICES[charge.kind]
    issuer = PROVIDERS.get(charge.provider, charge.provider) or service.name
    begin, end = month_of(charge.day)
    row: dict[str, object] = {
        "BilledCost": charge.amount_usd,
        "EffectiveCost": charge.amount_usd,
        "ContractedCost": charge.amount_usd,
        "ListCost": charge.amount_usd,
        "BillingAccountId": charge.provider or "other-expenses",
        "BillingAccountName": issuer,
        "BillingAccountType": "Account",
        "BillingCurrency": USD,
        "BillingPeriodStart": instant(begin),
        "BillingPeriodEnd": instant(end),
        "ChargeCategory": category_of(charge),
        "ChargeClass": "Correction" if charge.is_of_an_earlier_month else None,
        "ChargeDescription": description_of(charge),
        "ChargeFrequency": "One-Time" if charge.kind == "expense" else "Usage-Based",
        "ChargePeriodStart": instant(charge.start),
        "ChargePeriodEnd": instant(charge.end),
        "InvoiceIssuerName": issuer,
        "ProviderName": issuer,
        "PublisherName": issuer,
        "PricingCurrency": USD,
        "PricingCurrencyEffectiveCost": charge.amount_usd,
        "ResourceId": charge.resource_id or None,
        "ResourceName": charge.resource_name or None,
        "ResourceType": service.resource_type if charge.resource_id else None,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SubAccountId": charge.fleet or None,
        "SubAccountName": charge.fleet_name or None,
        "SubAccountType": "Fleet" if charge.fleet else None,
        "Tags": tags_of(charge),
        "x_AccountingDay": f"{charge.day}",
        "x_Kind": charge.kind,
        "x_Provenance": charge.provenance,
        "x_Line": charge.line,
        "x_CorrectsLine": charge.corrects or None,
    }
    return row | priced(charge)


def priced(charge: Charge) -> dict[str, object]:
    """Quantity, unit and price of a line that was made of seconds and a price."""
    if charge.kind in ONE_UNIT:
        return {"PricingQuantity": 1, "PricingUnit": "Units", "PricingCategory": "Standard"}
    if not charge.is_priced or charge.usd_per_hour is None:
        return {}
    hours = Decimal(charge.seconds) / 3600
    price = charge.usd_per_hour
    return {
        "ConsumedQuantity": charge.seconds,
        "ConsumedUnit": "Seconds",
        "PricingQuantity": hours,
        "PricingUnit": "Hours",
        "PricingCategory": "Standard",
        "ListUnitPrice": price,
        "ContractedUnitPrice": price,
        "PricingCurrencyListUnitPrice": price,
        "PricingCurrencyContractedUnitPrice": price,
        "SkuId": charge.sku or None,
        "SkuMeter": f"{SERVICES[charge.kind].name} time" if charge.sku else None,
        "SkuPriceId": f"{charge.sku}@{price:f}" if charge.sku else None,
    }


def category_of(charge: Charge) -> str:
    """FOCUS's word for how it is billed. A difference to the bill is an adjustment: the
    bill gave an amount alone."""
    if charge.kind == "expense":
        return "Purchase"
    is_usage = charge.is_priced or charge.kind in ONE_UNIT
    return "Usage" if is_usage else "Adjustment"


def description_of(charge: Charge) -> str:
    """What the line is, in words of its own."""
    service = SERVICES[charge.kind].name
    what = f"{service} of {charge.resource_name}" if charge.resource_name else service
    if charge.is_correction:
        what = f"Difference to the bill: {what}"
    if charge.words:
        what += f", {charge.words}"
    return f"{what}, {charge.start:%Y-%m-%d %H:%M} UTC"


def tags_of(charge: Charge) -> str:
    """Key-value format: a JSON object."""
    known = {"deployment": charge.deployment, "model": charge.model}
    return json.dumps({key: value for key, value in known.items() if value}, sort_keys=True)


def month_of(day: date) -> tuple[datetime, datetime]:
    """[start, end) of the UTC month of a day."""
    begin = datetime(day.year, day.month, 1, tzinfo=UTC)
    later = begin + timedelta(days=32)
    return begin, later.replace(day=1)


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, as FOCUS wants it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
