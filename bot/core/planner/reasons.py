"""Why a leg is smaller than its desired weight wants, or missing."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Reason(IntEnum):
    """What cut a leg; the last that did, if several would."""

    #: Nothing did: it goes to the whole lot next to its desired weight.
    NONE = 0
    #: It may not be bought, or not be sold.
    MARK = 1
    #: Its share of the average daily volume is used up.
    VOLUME = 2
    #: Cash above the buffer pays for no more.
    CASH = 3
    #: In a cash account: settled cash above the buffer pays for no more.
    SETTLED = 4
    #: The trade is worth less than the minimum.
    MINIMUM = 5
    #: The plan's turnover is used up.
    TURNOVER = 6
    #: Whole lots of it do not bring the portfolio nearer to its bands.
    BAND = 7


#: What is there again later by itself.
COMES_BACK: Final = (Reason.VOLUME, Reason.SETTLED, Reason.TURNOVER)

#: The words for a person, after "cut: " or "no trade: ".
WORDS: Final = {
    Reason.MARK: "its mark in the mandate forbids it",
    Reason.VOLUME: "its part of the daily volume is used up",
    Reason.CASH: "the cash above the buffer pays for no more",
    Reason.SETTLED: "the settled cash above the buffer pays for no more",
    Reason.MINIMUM: "it is below the minimum trade",
    Reason.TURNOVER: "the turnover of one plan is used up",
    Reason.BAND: "whole shares (or lots) do not bring it nearer to its band",
}
