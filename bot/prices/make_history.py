"""Write `history.npz` from the skfolio package: `python -m bot.prices.make_history`.

Run once, by a person, in an environment of its own that has skfolio; the bot never needs it. The
output is the same byte for byte whenever it is run on the same data.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from typing import Final

import numpy as np

from bot.prices.history import HISTORY_FILE, THOUSANDTHS, load_history

#: The file is checked out with the package; anything larger would bloat every clone.
FILE_SIZE_MAX_BYTES: Final = 1_000_000


def main() -> int:
    """Write the file, read it back and compare every value with the source.

    Returns:
        The process exit code: 0, or 1 if the file does not give back what the source has.
    """
    # By name, and only here: skfolio is no dependency of the bot.
    frame = importlib.import_module("skfolio.datasets").load_sp500_dataset()
    closes = frame.to_numpy(dtype=np.float64)
    thousandths = np.rint(closes * THOUSANDTHS).astype(np.int64)
    np.savez_compressed(
        HISTORY_FILE,
        allow_pickle=False,
        dates=frame.index.to_numpy().astype("datetime64[D]"),
        symbols=np.array([str(symbol) for symbol in frame.columns]),
        thousandths_steps=np.diff(thousandths, axis=0, prepend=0).astype(np.int32),
    )
    load_history.cache_clear()
    history = load_history()
    exact = np.array_equal(history.closes, closes)
    size_bytes = HISTORY_FILE.stat().st_size
    sys.stdout.write(
        f"{HISTORY_FILE}: {history.closes.shape[0]} sessions from {history.first_on} to "
        f"{history.last_on}, {len(history.symbols)} symbols, {size_bytes} bytes, "
        f"{'exact' if exact else 'NOT EQUAL to the source'}, sha256 of the closes"
        f" {hashlib.sha256(np.ascontiguousarray(closes).tobytes()).hexdigest()}\n"
    )
    return 0 if exact and size_bytes < FILE_SIZE_MAX_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
