"""Recovery: what became of an order, decided from the broker's own lists and from nothing else."""
