"""Pull account, positions, orders and quotes into one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.domain.instrument import Instrument
from bot.core.domain.snapshot import Snapshot
from bot.errors import ConfigError, ReadUnknown

if TYPE_CHECKING:
    from bot.core.domain.instrument import InstrumentSpec
    from bot.ports import Broker, Calendar, Clock


async def resolve_mandate(
    broker: Broker, specs: tuple[InstrumentSpec, ...]
) -> tuple[Instrument, ...]:
    """Ask the broker what each symbol of the mandate is, in the same order.

    Raises:
        ConfigError: If a symbol is unknown or ambiguous; the line names every one, so that one look mends all.
        ReadUnknown: If the broker did not answer for one.
    """
    answers = await broker.resolve(specs)
    wrong = [answer for answer in answers if not isinstance(answer, Instrument)]
    message = "[targets] holdings: " + "; ".join(answer.reason for answer in wrong)
    if any(answer.is_certain for answer in wrong):
        raise ConfigError(message)
    if wrong:
        raise ReadUnknown(message)
    return tuple(answer for answer in answers if isinstance(answer, Instrument))


async def take_snapshot(
    broker: Broker,
    clock: Clock,
    calendar: Calendar,
    instruments: tuple[Instrument, ...],
) -> Snapshot:
    """Read the outside world once, slow reads first, so that the quotes are the freshest.

    Every read is bounded in time by the adapter; one that did not end is in the snapshot as unknown.
    """
    broker_time = await broker.read_time()
    positions = await broker.read_positions()
    orders = await broker.read_orders()
    account = await broker.read_account()
    quotes = await broker.read_quotes(instruments)
    taken_at = clock.now()
    return Snapshot(
        taken_at=taken_at,
        broker_time=broker_time,
        session=calendar.session_at(taken_at),
        instruments=instruments,
        account=account,
        positions=positions,
        orders=orders,
        quotes=quotes,
    )
