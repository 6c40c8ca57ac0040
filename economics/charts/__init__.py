"""Charts as data: pure functions from rows to a figure, a finding and a table.

Money stays Decimal up to the last step; only the figure itself holds floats.
"""

from economics.charts.break_even_bullet import Bullet, break_even_bullet
from economics.charts.chart import Chart, ChartTable
from economics.charts.profit_history import ProfitDay, profit_history
from economics.charts.sparkline import sparkline_points
from economics.charts.strip import Span, Strip, StripSegment, strip_segments

__all__ = [
    "Bullet",
    "Chart",
    "ChartTable",
    "ProfitDay",
    "Span",
    "Strip",
    "StripSegment",
    "break_even_bullet",
    "profit_history",
    "sparkline_points",
    "strip_segments",
]
