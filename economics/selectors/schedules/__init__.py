"""A schedule asked of what the console knows: demand, offers, speeds, prices, limits.

docs/schedule.md. Reads rows only; the program itself is `economics/planner/schedule/`.
"""
