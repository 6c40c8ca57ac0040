"""What a schedule earns when the inputs come otherwise. docs/schedule.md

    usual_inputs(problem)                    what is uncertain, where nobody said it better
    draws_of(problem, inputs, seed=…)        a thousand worlds, the same for every schedule
    outcome_of(draws, schedule, cap_usd=…)   P10, P50, P90, mean, chances of a loss
    tornado(problem, schedule, inputs)       each input alone, low and high
    choose(draws, options, cap_usd=…)        best expected, best P10, least regret

A schedule is fixed before a world is known: its replicas run and are paid as they were
chosen, and are never set anew with hindsight.
"""
