"""The shipped price history: real daily closes of 20 US stocks, 1990-01-02 to 2022-12-28.

Source: the `sp500_dataset` of the skfolio package (BSD-3-Clause); `SOURCE.md` beside this file has
the details and `make_history.py` is the script that wrote `history.npz` from it.

Caveats, which every report on these prices has to repeat:

* The closes are adjusted for splits and dividends. They are not the prices that were paid on the
  day, so commissions per share and dividends make no sense on them; a cost is charged as basis
  points of the traded notional instead.
* They carry no volume. `DAILY_VOLUME` declares one constant a symbol, of the order of magnitude of
  the real one, for whoever needs a number; nothing may be concluded from it.
* The 20 names are survivors, chosen by hindsight. A back-test on them flatters every policy.
"""

from __future__ import annotations

from bot.prices.history import HISTORY_FILE, PriceHistory, load_history
from bot.prices.volume import DAILY_VOLUME

__all__ = ["DAILY_VOLUME", "HISTORY_FILE", "PriceHistory", "load_history"]
