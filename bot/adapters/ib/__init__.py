"""Interactive Brokers behind `ports.Broker`.

Rule: only what came over the wire in this connection is a fact. Both client libraries keep a picture of their own
(orders, tickers, portfolios) that they write to themselves: any error code turns a working order into `Cancelled`,
a time-out leaves an empty portfolio, a ticker keeps old prices. So we take a library's *wire layer* only - its
`Client` (socket, handshake, framing, encoding) and its `Decoder` - and put our own `receiver.Receiver` where the
library has its `Wrapper`. Its `IB`, `Trade` and `Ticker` are never made.

    client.py        the one place that imports ib_insync or ib_async, and what we use of them
    settings.py      what a connection needs to know
    receiver.py      the library calls it for each message; it translates and appends, nothing else
    translate.py     sentinels, signs, zones: the one place where IB's words become ours
    pending.py       questions that wait for their end marker
    events.py        the bounded queue of what nobody asked for
    limiter.py       no more messages than IB allows, cancels first
    connection.py    the line: handshake, account check, doubt
    asking.py        one question, from the limiter to its end or to the reason why it has none
    account.py  books.py  contracts.py  quotes.py  orders.py    what we ask and send
    error_codes.py   what IB's codes mean
    broker.py        all of it as `ports.Broker`
"""

from bot.adapters.ib.broker import IbBroker
from bot.adapters.ib.settings import IbSettings

__all__ = ["IbBroker", "IbSettings"]
