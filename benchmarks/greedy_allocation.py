"""Buys whole shares with PyPortfolioOpt's greedy allocation: `python benchmarks/greedy_allocation.py IN OUT`.

A program of its own, since PyPortfolioOpt lives in an environment of its own. IN is an npz file with `weights` (B, N),
`prices` (N,) and `money` (B,); OUT gets `shares` (B, N) and `taken_s`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from pypfopt import DiscreteAllocation


def main(source: Path, answer: Path) -> None:
    """Allocate every account of `source`, one after the other, and write what it took."""
    with np.load(source) as given:
        weights, prices, money = given["weights"], given["prices"], given["money"]
    names = list(range(len(prices)))
    latest = pd.Series(prices, index=names)
    shares = np.zeros(weights.shape, dtype=np.int64)
    # What is prepared here is not counted: only its own work is.
    wanted = [dict(zip(names, row, strict=True)) for row in weights.tolist()]
    started_s = time.perf_counter()
    for row, each in enumerate(wanted):
        allocation = DiscreteAllocation(each, latest, total_portfolio_value=float(money[row]))
        bought, _ = allocation.greedy_portfolio()
        for name, count in bought.items():
            shares[row, name] = count
    np.savez(answer, shares=shares, taken_s=time.perf_counter() - started_s)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
