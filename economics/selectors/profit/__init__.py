"""The page of profit: which days and whose, the bars, and the lines that they are made of.

Bars of closed days are what was stored, bars of open ones the sums that the close takes
too (`booked_day`); a click on a bar lists the rows (`ledger`), and they add up to it.
"""
