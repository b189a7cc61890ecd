"""How many shares of a leg the next slice asks for."""

from __future__ import annotations

import math


def slice_shares(leg_shares: int, remaining: int, slices: int, lot: int, most: float | None) -> int:
    """Return the signed shares of a slice that begins.

    Args:
        leg_shares: Signed shares approved for the leg, not 0.
        remaining: Signed shares of it that are left, not 0, the same side.
        slices: Parts that the leg is divided into, at least 1; each is rounded up to whole lots.
        lot: Shares that the instrument is traded in multiples of, at least 1.
        most: Shares that no order may exceed, or None for no such limit; cut down to whole lots.

    Returns:
        At most `remaining`; 0 if not even one lot is within `most`.
    """
    side = 1 if remaining > 0 else -1
    even = math.ceil(abs(leg_shares) / slices / lot) * lot
    wanted = min(abs(remaining), even)
    if most is not None and wanted > most:
        wanted = int(most // lot) * lot
    return side * wanted
