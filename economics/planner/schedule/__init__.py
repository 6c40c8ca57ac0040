"""Which replicas should run in which hour: the most profitable schedule. docs/schedule.md

    solve(problem)             the schedule, its exact money, and what is proven about it
    best_profit(problem)       what the best schedule earns, or why there is none
    simple_strategies(problem) what four rules of thumb earn on the same demand

Pure calculation. The solver works in floats; what a schedule costs and earns is then
worked out again, exactly, in Decimal, by `money.money_of`.
"""
