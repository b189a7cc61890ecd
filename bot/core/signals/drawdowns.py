"""How far a value is below its peak, and whether that is a reason to be careful.

The latch is a fold over the path, without memory of its own: it turns on when the drawdown reaches one limit, and off
when the value has come back to within a smaller one. Between the two it stays as it is, so that it does not flutter.
With `pause_sessions` it also turns off by itself after so many sessions; the peak then starts anew at the value of
that session, since against the old peak it would turn on again at once.

The peak is the highest of the newest `peak_sessions` values, but the fold begins five times as far back. Why: where it
is on depends on when it turned on, and from which peak. A fold over `peak_sessions` alone would forget both one session
after the other: a pause would begin anew each day while the account goes on falling, and never end by its own time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from bot.core.domain.needs import needed
from bot.core.domain.parameter import parameter
from bot.core.signals.window import SIGNAL_TOLERANCE
from bot.errors import ReadUnknown

if TYPE_CHECKING:
    from numpy.typing import NDArray


#: How whatever follows the drawdown takes the reach of its peak.
PEAK_SESSIONS: Final = parameter(
    "How many sessions back the peak may be.",
    unit="sessions",
    wrong="Too few: a slow fall has no peak to be measured from.",
    at_least=2,
    at_most=1260,
)

#: So many times the sessions of its peak a latch remembers: what was before makes no difference by then, but for one
#: fall that lasts all that time.
_PEAKS: Final = 5


def memory_sessions(peak_sessions: int) -> int:
    """Return how many values a latch needs whose peak is the highest of `peak_sessions`."""
    return _PEAKS * peak_sessions


def refuse_latch(
    enter: float, leave: float, peak_sessions: int, pause_sessions: int | None
) -> None:
    """Refuse limits that contradict each other: it would turn on and off at once, or a pause outlast its peak.

    Args:
        enter: The drawdown that turns the latch on, fraction of the peak.
        leave: The drawdown that turns it off, fraction of the peak.
        peak_sessions: How many sessions back the peak may be.
        pause_sessions: After so many sessions it turns off by itself; None: only by recovery.

    Raises:
        ValueError: With their names and numbers.
    """
    if leave >= enter:
        message = (
            f"leave must be less than enter (fraction of the peak), found {leave:g} and {enter:g}"
        )
        raise ValueError(message)
    if pause_sessions is not None and pause_sessions >= peak_sessions:
        message = (
            f"pause_sessions must be less than peak_sessions (sessions), found {pause_sessions} and "
            f"{peak_sessions}"
        )
        raise ValueError(message)


def known_values(
    values: NDArray[np.float64] | None, sessions: int, rule: str
) -> NDArray[np.float64]:
    """Return the newest `sessions` of the account's `values` (R, T), fewer if there are no more, which `rule` needs.

    Raises:
        ReadUnknown: If they are not known, or there is not one.
    """
    path = needed(values, "the account's value in the past", rule)
    if path.shape[1] == 0:
        message = f"{rule} needs the account's value, found a past without any: nothing is decided without it"
        raise ReadUnknown(message)
    return path[:, -sessions:]


def is_defensive(
    values: NDArray[np.float64],
    enter: float,
    leave: float,
    pause_sessions: int | None = None,
    peak_sessions: int | None = None,
) -> NDArray[np.bool_]:
    """Return whether the latch is on at the newest value of each row (R,).

    Args:
        values: Values (R, T), oldest first, above 0, T at least 1.
        enter: The drawdown that turns it on, at it or beyond; fraction of the peak.
        leave: The drawdown that turns it off again, at it or inside; below `enter`.
        pause_sessions: After so many sessions it turns off by itself; None: only by recovery.
        peak_sessions: The peak is the highest of so many values, the newest among them; None: of all.
    """
    return fold(values, enter, leave, pause_sessions, peak_sessions)[0]


def fold(
    values: NDArray[np.float64],
    enter: float,
    leave: float,
    pause_sessions: int | None = None,
    peak_sessions: int | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.int64]]:
    """Return whether the latch is on (R,), the peak it measures from (R,) and for how many sessions it is on (R,).

    The session that turned it on counts as 0; where it is off the count is 0. The arguments are those of
    `is_defensive`.
    """
    reach = values.shape[1] if peak_sessions is None else peak_sessions
    highest = _highest(values, reach)
    peak = values[:, 0].copy()
    # The first session that the peak may be of, and the highest value since.
    begin, top = np.zeros(peak.shape, dtype=np.int64), peak
    on = np.zeros(peak.shape, dtype=np.bool_)
    since = np.zeros(peak.shape, dtype=np.int64)
    for session in range(values.shape[1]):
        value = values[:, session]
        since = np.where(on, since + 1, 0)
        if pause_sessions is not None:
            over = on & (since >= pause_sessions)
            begin, top = np.where(over, session, begin), np.where(over, value, top)
        top = np.maximum(top, value)
        peak = np.where(session - begin < reach, top, highest[:, session])
        fall = 1.0 - value / peak
        # A peak that started anew has no fall, which is within any limit: it turns off below.
        on = np.where(on, fall > leave + SIGNAL_TOLERANCE, fall >= enter - SIGNAL_TOLERANCE)
        since = np.where(on, since, 0)
    return on, peak, since


def _highest(values: NDArray[np.float64], sessions: int) -> NDArray[np.float64]:
    """Return the highest of the newest `sessions` values at each session (R, T), of all where there were fewer."""
    found, seen = values, 1
    while seen < min(sessions, values.shape[1]):
        # Each is the highest of `seen`, and so are those a step before it.
        step = min(seen, sessions - seen)
        both = np.maximum(found[:, step:], found[:, :-step])
        found = np.concatenate([found[:, :step], both], axis=1)
        seen += step
    return found
