"""The read-only JSON API: what an endpoint needs, in one import. See docs/api.md."""

from kerne_site.api.asked import (
    Asked,
    a_day,
    a_flag,
    a_month,
    a_name,
    a_number,
    a_whole_number,
    one_of,
)
from kerne_site.api.door import api_view
from kerne_site.api.endpoint import Endpoint, Parameter
from kerne_site.api.problems import Fault, Problem

__all__ = [
    "Asked",
    "Endpoint",
    "Fault",
    "Parameter",
    "Problem",
    "a_day",
    "a_flag",
    "a_month",
    "a_name",
    "a_number",
    "a_whole_number",
    "api_view",
    "one_of",
]
