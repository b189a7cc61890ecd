"""Cancel what a dead bot left at work: take its client id, cancel its orders one by one, look that none is left.

Rule: orders of others are never touched, and only the broker's own list of open orders says that none of ours is left.
Why: IB lets only the client id that sent an order cancel it, and a gateway may hold the id of a dead process for
seconds; and a cancel that was asked for is not a cancel.
It never sells or buys: what is held stays held.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bot.adapters.ib.broker import IbBroker
from bot.core.domain.reading import Unknown, rows
from bot.errors import BrokerUnavailable

if TYPE_CHECKING:
    from bot.adapters.ib.settings import IbSettings
    from bot.core.domain.orders import OpenOrder
    from bot.ports import FollowableClock

#: How long the client id is asked for, seconds: that long a gateway may hold it for a process that is dead.
CONNECT_WITHIN_S: Final = 10.0
CONNECT_PAUSE_S: Final = 0.1
#: How long open orders are looked at until none of ours is left, and the pause between, seconds.
VERIFY_WITHIN_S: Final = 10.0
VERIFY_PAUSE_S: Final = 0.2
#: How long the list must show none of ours, seconds: it may be later than the last order of the dead process.
CLEAN_FOR_S: Final = 1.0
#: How long after a cancel that did nothing the next one is sent, seconds.
CANCEL_AGAIN_S: Final = 2.0


@dataclass(slots=True)
class Takeover:
    """What was found and done.

    Attributes:
        connected: Under which client id, or None if the gateway did not let us in.
        trouble: Why something could not be done, in words, or None.
        asked: Own orders whose cancel was asked for, by reference and order id.
        left: Own orders that still work at the end, likewise; None if nobody knows.
        others: How many open orders are not ours, and were not touched.
        asked_for_everything: Whether the account-wide cancel was sent.
    """

    connected: int | None = None
    trouble: str | None = None
    asked: list[str] = field(default_factory=list)
    left: list[str] | None = None
    others: int = 0
    asked_for_everything: bool = False

    @property
    def is_verified(self) -> bool:
        """Whether the broker's own list says that no order of ours is left."""
        return self.left == []


async def take_over(
    settings: IbSettings,
    clock: FollowableClock,
    *,
    tool_client_id: int,
    everything: bool = False,
    connect_within_s: float = CONNECT_WITHIN_S,
) -> Takeover:
    """Cancel the orders of `settings`' client id and prefix, and look until none is left.

    Args:
        settings: The bot's own, with its client id; an empty prefix where the journal's name is not known: then what
            the client id sent counts as ours.
        clock: Time.
        tool_client_id: Another id, for the account-wide cancel where the bot's own cannot be had.
        everything: Whether to cancel every order of the login, whoever sent it.
        connect_within_s: How long each id is asked for, seconds.
    """
    done = Takeover()
    broker = IbBroker(settings, clock)
    try:
        if not await _connect(broker, clock, done, connect_within_s):
            if not everything:
                return done
            broker = IbBroker(replace(settings, client_id=tool_client_id), clock)
            if not await _connect(broker, clock, done, connect_within_s):
                return done
            done.connected = tool_client_id
        else:
            done.connected = settings.client_id
        if everything:
            await broker.cancel_everything()
            done.asked_for_everything = True
        await _cancel_all(broker, settings, clock, done)
    except BrokerUnavailable as error:
        done.trouble = str(error)
    finally:
        await broker.disconnect()
    return done


async def _connect(
    broker: IbBroker, clock: FollowableClock, done: Takeover, within_s: float
) -> bool:
    ends_at_s = clock.monotonic() + within_s
    while True:
        try:
            await broker.connect()
        except BrokerUnavailable as error:
            done.trouble = str(error)
        else:
            done.trouble = None
            return True
        if clock.monotonic() >= ends_at_s:
            return False
        await clock.sleep(CONNECT_PAUSE_S)


async def _cancel_all(
    broker: IbBroker, settings: IbSettings, clock: FollowableClock, done: Takeover
) -> None:
    """Cancel what is ours and look again, until nothing of it is left or the time is over."""
    ends_at_s = clock.monotonic() + VERIFY_WITHIN_S
    asked_at_s: dict[str, float] = {}
    clean_since_s: float | None = None
    while True:
        reading = await broker.read_open_orders()
        if isinstance(reading, Unknown):
            done.left, done.trouble = None, reading.reason
            return
        listed = rows(reading)
        ours = [order for order in listed if done.asked_for_everything or _is_ours(order, settings)]
        done.left = [name_of(order) for order in ours]
        done.others = len(listed) - len(ours)
        now_s = clock.monotonic()
        clean_since_s = None if ours else clean_since_s or now_s
        is_clean = clean_since_s is not None and now_s - clean_since_s >= CLEAN_FOR_S
        if is_clean or now_s >= ends_at_s:
            return
        for order in ours:
            last_s = asked_at_s.get(name_of(order))
            if not _is_ours(order, settings) or order.client_id != done.connected:
                continue  # the account-wide cancel has asked for it, or nobody can from here
            if order.order_id > 0 and (last_s is None or now_s - last_s > CANCEL_AGAIN_S):
                await broker.cancel_order(order.order_ref, order.order_id)
                asked_at_s[name_of(order)] = now_s
        done.asked = list(asked_at_s)
        await clock.sleep(VERIFY_PAUSE_S)


def _is_ours(order: OpenOrder, settings: IbSettings) -> bool:
    if settings.own_prefix:
        return order.order_ref.startswith(settings.own_prefix)
    return order.client_id == settings.client_id


def name_of(order: OpenOrder) -> str:
    """Return how a person finds an order in TWS."""
    return f"{order.order_ref or 'without a reference'} ({order.symbol}, order id {order.order_id})"
