"""The layouts about profits. Neither the requests nor the answers have a version of their own."""

from __future__ import annotations

from typing import Final

from bot.gateway.wire.answers import Answer, given
from bot.gateway.wire.requests import RequestLayout, run

REQUEST_PROFIT: Final = RequestLayout(92, "reqPnL", (run("request_id account model_code"),))
CANCEL_PROFIT: Final = RequestLayout(93, "cancelPnL", (run("request_id"),))
REQUEST_SINGLE_PROFIT: Final = RequestLayout(
    94, "reqPnLSingle", (run("request_id account model_code contract_id"),)
)
CANCEL_SINGLE_PROFIT: Final = RequestLayout(95, "cancelPnLSingle", (run("request_id"),))

PROFIT: Final = Answer(94, "pnl", given("request_id daily_pnl unrealized_pnl realized_pnl"))
SINGLE_PROFIT: Final = Answer(
    95, "pnlSingle", given("request_id position daily_pnl unrealized_pnl realized_pnl value")
)
