"""Where target weights come from: one source a file, one line in the registry.

A source sees the instruments and what was written beside them, the date, the current weights, prices, past closes, the
account's value path and index levels (`TargetState`), and gives weights for B portfolios at once. What it cannot do
without it says in `needs()`, and the engine fetches it: a source that optimises (mean-variance, risk parity and so on)
asks there for past closes, reads `state.history`, and is nothing else but one more file, one more line, one test and
one example.

A source decides nothing: whether the way to its weights is worth going is the policy's question, and in which shares
is the planner's.
"""
