"""What rules read out of past closes and values: volatility, averages, drawdown; one subject a file.

Rule: a signal is a function of a window whose length its parameters fix, so that a decision can be made again from
what the journal holds. Why: an average that goes on from its own last value depends on the day the bot was started.
"""
