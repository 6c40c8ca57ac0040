"""The tables of the money, re-exported so that callers need one import."""

from economics.models.book_import import BookImport
from economics.models.cash import CashEntry, CashKind
from economics.models.decision import (
    FleetPolicy,
    GateEvaluation,
    GoalVersion,
    OnboardingTick,
    PolicyVersion,
)
from economics.models.expense import Expense, ExpenseCategory, ExpenseLine
from economics.models.guardrail import GuardrailLimit, GuardrailTrip
from economics.models.ledger import (
    DISK_KINDS,
    BillingObservation,
    CostKind,
    CostLine,
    Provenance,
    RevenueCarry,
    RevenueLine,
    TokenClass,
)
from economics.models.listing import MarketListing
from economics.models.market import (
    MarketEndpoint,
    MarketModel,
    MarketPrice,
    MarketSource,
    MarketVolume,
)
from economics.models.price import Funding, TokenPrice
from economics.models.profit import DailyProfit, DayClose, Scope
from economics.models.request_log import Ending, LoggedRequest, LogHour
from economics.models.resource_cost import ResourceCostLine, ResourceObservation
from economics.models.schedule_plan import PlanStatus, SchedulePlan
from economics.models.statement import Statement, StatementRow, VarianceLine
from economics.models.take_rate import DEFAULT_MARKET, TakeRate
from economics.models.usage import UsageCursor, UsageEstimate, UsageHour, UsageProcess
from economics.models.use import DayUse, PodHourUse

__all__ = [
    "DISK_KINDS",
    "BillingObservation",
    "BookImport",
    "CashEntry",
    "CashKind",
    "CostKind",
    "CostLine",
    "DEFAULT_MARKET",
    "DailyProfit",
    "DayClose",
    "DayUse",
    "Expense",
    "ExpenseCategory",
    "ExpenseLine",
    "Ending",
    "FleetPolicy",
    "Funding",
    "GateEvaluation",
    "GoalVersion",
    "GuardrailLimit",
    "LogHour",
    "LoggedRequest",
    "GuardrailTrip",
    "MarketEndpoint",
    "MarketListing",
    "MarketModel",
    "MarketPrice",
    "MarketSource",
    "MarketVolume",
    "OnboardingTick",
    "PlanStatus",
    "PodHourUse",
    "PolicyVersion",
    "Provenance",
    "ResourceCostLine",
    "ResourceObservation",
    "RevenueCarry",
    "RevenueLine",
    "SchedulePlan",
    "Scope",
    "Statement",
    "StatementRow",
    "TokenClass",
    "TakeRate",
    "TokenPrice",
    "UsageCursor",
    "UsageEstimate",
    "UsageHour",
    "UsageProcess",
    "VarianceLine",
]
