"""The page of profit: which days and whose, the bars, and the lines that they are made of.

One statement (`ledger`) says which line is in which bar; bars of open days are its sums,
and a click on a bar lists its rows.
"""
