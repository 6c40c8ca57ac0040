"""Questions that pages and services ask of the books; nothing here changes a row."""

from economics.selectors.break_even import DeploymentBreakEven, deployment_break_even
from economics.selectors.day_sums import DaySums, closed_day_sums, open_day_sums
from economics.selectors.days import booking_day, closed_days
from economics.selectors.history import closed_profit, profit_days
from economics.selectors.loose_ends import (
    UnattributedPod,
    UnattributedResource,
    UnpricedModel,
    unattributed_pods,
    unattributed_resources,
    unpriced_models,
)
from economics.selectors.pod_money import PodMoney, pod_money
from economics.selectors.today import ScopeToday, Today, kinds_of_money, today

__all__ = [
    "DaySums",
    "DeploymentBreakEven",
    "PodMoney",
    "ScopeToday",
    "Today",
    "UnattributedPod",
    "UnattributedResource",
    "UnpricedModel",
    "booking_day",
    "closed_day_sums",
    "closed_days",
    "closed_profit",
    "deployment_break_even",
    "kinds_of_money",
    "open_day_sums",
    "pod_money",
    "profit_days",
    "today",
    "unattributed_pods",
    "unattributed_resources",
    "unpriced_models",
]
