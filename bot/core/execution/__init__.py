"""How an order is worked, without working it: terms, steps, sizes, and what became of them. Pure."""
