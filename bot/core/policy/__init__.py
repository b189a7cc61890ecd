"""When to rebalance, and how far: one policy a file, composed by any_of and all_of."""
