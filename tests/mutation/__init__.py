"""Mutation testing of the rules and the planner: `make mutate`, minutes to an hour.

mutmut changes one thing at a time in `bot/core/policy` and `bot/core/planner` and runs the tests that reach it. What no
test notices is listed in `survivors.toml` with the reason why that is no defect; anything else that survives is one.
"""
