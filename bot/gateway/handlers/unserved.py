"""Requests of TWS that are not served: whoever waits for the answer gets one, under its own id.

Where TWS has a code of its own for an account without such data, it is that one. For everything
else it is 321, which ib_async takes for a warning, and waits on.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.gateway.wire.refusals import NO_DEFINITION, invalid_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.gateway.client import Client

#: The position of the request id in each, by message id; 0 if it has none.
UNSERVED: Final[Mapping[str, int]] = MappingProxyType(
    {
        "10": 2,  # reqMktDepth
        "21": 2,  # exerciseOptions
        "22": 1,  # reqScannerSubscription
        "52": 2,  # reqFundamentalData
        "54": 2,  # calculateImpliedVolatility
        "55": 2,  # calculateOptionPrice
        "65": 0,  # verifyRequest
        "66": 0,  # verifyMessage
        "68": 2,  # subscribeToGroupEvents
        "69": 2,  # updateDisplayGroup
        "72": 0,  # verifyAndAuthRequest
        "73": 0,  # verifyAndAuthMessage
        "78": 1,  # reqSecDefOptParams
        "84": 1,  # reqNewsArticle
        "86": 1,  # reqHistoricalNews
        "88": 1,  # reqHistogramData
        "96": 1,  # reqHistoricalTicks
        "97": 1,  # reqTickByTickData
        "100": 1,  # reqWshMetaData
        "102": 1,  # reqWshEventData
    }
)

_NO_PERMISSION: Final = "No market data permissions"
_NO_OPTION: Final = (200, NO_DEFINITION)

#: Code and text of those for which TWS has words of its own.
_REFUSALS: Final[Mapping[str, tuple[int, str]]] = MappingProxyType(
    {
        "10": (
            10092,
            "Deep market data is not supported for this combination of security type/exchange",
        ),
        "21": _NO_OPTION,
        "22": (162, "Historical Market Data Service error message:Scanner type is disabled"),
        "52": (
            430,
            "We are sorry, but fundamentals data for the security specified is not available.",
        ),
        "54": _NO_OPTION,
        "55": _NO_OPTION,
        "78": _NO_OPTION,
        "84": (10172, "Failed to request news article:No data available"),
        "86": (10276, "News feed is not allowed"),
        "88": (10188, f"Failed to request histogram data:{_NO_PERMISSION}"),
        "96": (10187, f"Failed to request historical ticks:{_NO_PERMISSION}"),
        "97": (10189, f"Failed to request tick-by-tick data.{_NO_PERMISSION}"),
        "100": (10279, "Failed request WSH metadata"),
        "102": (10282, "WSH metadata not requested"),
    }
)

#: Those that end one of the above: the position of the request id, and the words of TWS for an id
#: under which nothing is on.
_CANCELS: Final[Mapping[str, tuple[int, int, str]]] = MappingProxyType(
    {
        "11": (2, 310, "Can't find the subscribed market depth with tickerId:"),  # cancelMktDepth
        "23": (2, 365, "No scanner subscription found for ticker id:"),  # cancelScannerSubscription
        "53": (2, 300, "Can't find EId with tickerId:"),  # cancelFundamentalData
        "56": (2, 300, "Can't find EId with tickerId:"),  # cancelCalculateImpliedVolatility
        "57": (2, 300, "Can't find EId with tickerId:"),  # cancelCalculateOptionPrice
        "70": (2, 300, "Can't find EId with tickerId:"),  # unsubscribeFromGroupEvents
        "89": (1, 300, "Can't find EId with tickerId:"),  # cancelHistogramData
        "98": (1, 300, "Can't find EId with tickerId:"),  # cancelTickByTickData
        "101": (1, 300, "Can't find EId with tickerId:"),  # cancelWshMetaData
        "103": (1, 300, "Can't find EId with tickerId:"),  # cancelWshEventData
    }
)

_REFUSED: Final = (321, invalid_text("The gateway does not serve this request"))
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


def refuse_unserved(client: Client, kind: str, fields: Sequence[str]) -> None:
    """Answer a request that is not served, or that TWS does not know.

    Args:
        client: Who asks.
        kind: The message id, as it was sent.
        fields: All of the request.
    """
    if kind in UNSERVED:
        client.refuse(_request_id(fields, UNSERVED[kind]), *_REFUSALS.get(kind, _REFUSED))
    elif kind in _CANCELS:
        position, code, text = _CANCELS[kind]
        request_id = _request_id(fields, position)
        client.refuse(request_id, code, f"{text}{request_id}")
    else:
        client.refuse(-1, 505, f"Fatal Error: Unknown message id. ({kind[:20]!r})")


def _request_id(fields: Sequence[str], position: int) -> int:
    """Return the request id, or -1 where there is none."""
    text = fields[position] if 0 < position < len(fields) else ""
    return int(text) if _NUMBER.fullmatch(text) else -1
