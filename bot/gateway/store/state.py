"""What is kept of a gateway, and how another one takes it over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from bot.gateway.account.ledger import Position
from bot.gateway.store.codec import Codec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.gateway.config import GatewayConfig
    from bot.gateway.exchange.instruments import Instrument
    from bot.gateway.orders.order import Order
    from bot.gateway.venue import Venue

#: Is raised with every change after which older files can no longer be read.
FORMAT: Final = 2
KIND: Final = "paper gateway state"

#: What of the books changes: the rest is the configuration's.
BOOKS: Final = ("balances", "positions", "pending", "today")

#: What orders and executions are numbered by.
NUMBERS: Final = ("_permanent_id", "_executions", "_next_order_ids", "_foreign_order_id")


class StateError(ValueError):
    """A kept state cannot be taken over; the message is one line."""


def state_of(venue: Venue) -> dict[str, Any]:
    """Return all that is kept of a gateway, as JSON has it."""
    desk = venue.desk
    codec = codec_of(venue)
    state: dict[str, Any] = {
        "kind": KIND,
        "format": FORMAT,
        "at": written_moment(venue),
        "seed": venue.config.seed,
        "currencies": _currencies(venue.config),
        "accounts": {account: {} for account in venue.accounts.ids},
        "numbers": {},
        "market": {},
        "orders": [codec.write(order) for order in desk.orders.values()],
        "executions": [codec.write(execution) for execution in desk.executions],
    }
    for path, value in parts_of(venue):
        put(state, path, codec.write(value))
    return state


def written_moment(venue: Venue) -> str:
    """Return the replayed moment, as a state has it."""
    return venue.turns.now().isoformat(timespec="microseconds")


def codec_of(venue: Venue) -> Codec:
    """Return what writes the records of a gateway."""
    return Codec(_instruments(venue), venue.desk.orders)


def parts_of(venue: Venue) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield all but orders and executions: where it stands in a state, and its value."""
    for account, books in venue.accounts.books.items():
        for name in BOOKS:
            yield ("accounts", account, name), getattr(books, name)
    for name in NUMBERS:
        yield ("numbers", name), getattr(venue.desk.numbering, name)
    yield ("market", "halts"), venue.market.halts
    yield ("market", "declared_halts"), venue.config.exchange.all_halts()
    yield ("market", "factors"), venue.market.factors
    yield ("market", "is_bound"), venue.desk.is_bound
    yield ("market", "booked_until"), venue.diary.looked_at


def put(state: dict[str, Any], path: Sequence[str], value: object) -> None:
    """Set what stands somewhere in a state.

    Raises:
        KeyError: If there is no such place.
    """
    for step in path[:-1]:
        state = state[step]
    state[path[-1]] = value


def _currencies(config: GatewayConfig) -> dict[str, str]:
    """Return in which currency each account reports."""
    further = {
        table.account: table.currency or config.currency for table in config.further_accounts
    }
    return {config.account: config.currency, **further}


def check_state(state: object, config: GatewayConfig) -> dict[str, Any]:
    """Return a state that belongs to a configuration.

    Raises:
        StateError: If it is none, of another format, of other accounts or currencies, or was made
            with another seed.
    """
    if not isinstance(state, dict) or state.get("kind") != KIND:
        message = "it is no state of a paper gateway"
        raise StateError(message)
    if state.get("format") != FORMAT:
        message = f"it has format {state.get('format')!r}, and this gateway reads format {FORMAT}"
        raise StateError(message)
    accounts = state.get("accounts")
    if not isinstance(accounts, dict):
        message = "it has no accounts"
        raise StateError(message)
    kept = list(accounts)
    wanted = [config.account, *(table.account for table in config.further_accounts)]
    if kept != wanted:
        message = f"it has the accounts {', '.join(kept)}, the configuration {', '.join(wanted)}"
        raise StateError(message)
    if state.get("currencies") != _currencies(config):
        found = state.get("currencies")
        message = f"its accounts report in {found}, the configuration's in {_currencies(config)}"
        raise StateError(message)
    if state.get("seed") != config.seed:
        message = f"it was made with seed {state.get('seed')}, the configuration has {config.seed}"
        raise StateError(message)
    return state


def moment_of(state: Mapping[str, Any]) -> datetime:
    """Return the replayed moment at which a state was kept.

    Raises:
        StateError: If it has none.
    """
    try:
        return datetime.fromisoformat(state["at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        message = "it has no moment"
        raise StateError(message) from None


def resumed(config: GatewayConfig, state: Mapping[str, Any]) -> GatewayConfig:
    """Return a configuration that goes on where a state was kept, or later if it says so itself."""
    moment = moment_of(state)
    return config if config.at >= moment else replace(config, at=moment)


def take_over(venue: Venue, state: Mapping[str, Any]) -> None:
    """Give a gateway that has not started the accounts, orders and numbers of a kept state.

    Raises:
        StateError: If something in it cannot be read, or is of instruments that are not there.
    """
    try:
        _take_over(venue, state)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"it cannot be read: {_reason(error)}"
        raise StateError(message) from error


def _reason(error: Exception) -> str:
    """Return what is wrong, in a line."""
    if isinstance(error, KeyError):
        return f"{error} is missing, or not in the universe"
    return f"{type(error).__name__}: {error}"


def _take_over(venue: Venue, state: Mapping[str, Any]) -> None:
    """Read everything, then set it."""
    orders: dict[tuple[int, int], Order] = {}
    codec = Codec(_instruments(venue), orders)
    for written in state["orders"]:
        order = codec.read(written)
        orders[order.key] = order
    executions = [codec.read(written) for written in state["executions"]]
    books = {account: codec.read(kept) for account, kept in state["accounts"].items()}
    numbers = {name: codec.read(state["numbers"][name]) for name in NUMBERS}
    market = {name: codec.read(value) for name, value in state["market"].items()}
    _check_books(books, codec)
    _check_numbers(numbers)
    _check_market(market)
    for account, kept in books.items():
        for name in BOOKS:
            setattr(venue.accounts.of(account), name, kept[name])
    for name, number in numbers.items():
        setattr(venue.desk.numbering, name, number)
    records = venue.desk.records
    for order in orders.values():
        records.open(order)
    # Those that ended, in the order in which they did: lists of completed orders are told in it.
    for order in sorted(filter(_has_ended, orders.values()), key=_end):
        records.close(order, _end(order))
    for execution in executions:
        records.add(execution)
    _take_over_market(venue, market)


def _take_over_market(venue: Venue, market: Mapping[str, Any]) -> None:
    """Go on with halts, unannounced splits, the binding of client 0 and the diary."""
    # What was halted or resumed by hand stays so; halts declared since then are new.
    declared, known = venue.config.exchange.all_halts(), market["declared_halts"]
    halts = [halt for halt in market["halts"] if halt not in known or halt in declared]
    halts += [halt for halt in declared if halt not in known]
    venue.market.go_on_with(halts, market["factors"])
    venue.desk.bind(is_bound=market["is_bound"])
    # What the calendar brought since then is booked at the start, and nothing twice.
    venue.diary.go_on_from(market["booked_until"])


def _check_books(books: Mapping[str, Mapping[str, Any]], codec: Codec) -> None:
    """Refuse books that the gateway could not go on with.

    Raises:
        KeyError: If they have something that is not in the universe.
        TypeError: If an amount or a number of shares is none.
    """
    for account, kept in books.items():
        for amount in kept["balances"].values():
            if not (isinstance(amount, Decimal) and amount.is_finite()):
                message = f"{account}: {amount!r} is no amount"
                raise TypeError(message)
        for key, held in kept["positions"].items():
            if not (isinstance(held, Position) and isinstance(held.shares, int)):
                message = f"{account}: {held!r} is no position"
                raise TypeError(message)
            codec.instrument(key)


def _check_numbers(numbers: Mapping[str, Any]) -> None:
    """Refuse numbers that cannot be counted on.

    Raises:
        TypeError: If one is none.
    """
    order_ids = numbers["_next_order_ids"]
    for number in (*(numbers[name] for name in NUMBERS[:2]), *order_ids.values(), *order_ids):
        if not isinstance(number, int):
            message = f"{number!r} is no whole number"
            raise TypeError(message)


def _check_market(market: Mapping[str, Any]) -> None:
    """Refuse what is no market, before anything of the state is taken over.

    Raises:
        KeyError: If something is missing.
        TypeError: If something is of another kind.
    """
    kinds = (("halts", tuple), ("declared_halts", tuple), ("factors", dict), ("is_bound", bool))
    for name, kind in (*kinds, ("booked_until", datetime)):
        if not isinstance(market[name], kind):
            message = f"{name}: {market[name]!r} is no {kind.__name__}"
            raise TypeError(message)


def _has_ended(order: Order) -> bool:
    """Tell whether an order is final."""
    return order.ended_at is not None


def _end(order: Order) -> datetime:
    """Return when a final order ended."""
    return order.ended_at or datetime.max.replace(tzinfo=UTC)


def _instruments(venue: Venue) -> Mapping[str, Instrument]:
    """Return all instruments, by the key under which each is found."""
    return venue.market.universe.by_symbol
