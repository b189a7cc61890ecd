"""Records as JSON and back, exactly: what JSON has no word for stands under a key with a dollar."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from bot.gateway.account.ledger import Position, SymbolDay
from bot.gateway.exchange.instruments import Instrument
from bot.gateway.exchange.phases import Halt
from bot.gateway.orders.order import Auction, Execution, KeptOrder, Order, Status, Ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RECORDS: Final[Mapping[str, type[Any]]] = {
    **{it.__name__: it for it in (Auction, Execution, Halt, Position, SymbolDay, Ticket)},
    "Order": KeptOrder,
}
_NAMES: Final[Mapping[type[Any], str]] = {
    **{kind: name for name, kind in _RECORDS.items()},
    Order: "Order",
}
_ENUMS: Final[Mapping[str, type[Enum]]] = {kind.__name__: kind for kind in (Status,)}


class Codec:
    """Writes and reads records; instruments and the orders of executions by what they are called."""

    def __init__(self, instruments: Mapping[str, Instrument], orders: Mapping[Any, Order]) -> None:
        """Take what records refer to.

        Args:
            instruments: By the symbol under which each is found.
            orders: By client id and order id; may grow while an executions' file is read.
        """
        self._instruments = instruments
        self._orders = orders
        self._keys = {id(instrument): key for key, instrument in instruments.items()}
        self._readers: Mapping[str, Callable[[Any], Any]] = {
            "$decimal": Decimal,
            "$moment": datetime.fromisoformat,
            "$date": date.fromisoformat,
            "$tuple": lambda items: tuple(map(self.read, items)),
            "$pairs": lambda pairs: {self.read(key): self.read(value) for key, value in pairs},
            "$enum": lambda found: _ENUMS[found[0]](found[1]),
            "$instrument": self.instrument,
            "$order": lambda key: self._orders[key[0], key[1]],
        }

    def write(self, value: object) -> Any:  # noqa: ANN401 JSON is of any kind
        """Return a value as JSON has it.

        Raises:
            TypeError: If it is of a kind that is not kept.
        """
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, Instrument):
            return {"$instrument": self._keys[id(value)]}
        if isinstance(value, Enum):
            return {"$enum": [type(value).__name__, value.value]}
        if isinstance(value, (list, tuple, dict)):
            return self._write_collection(value)
        if type(value) in _NAMES:
            return self._write_record(value)
        return _write_scalar(value)

    def read(self, value: Any) -> Any:  # noqa: ANN401 JSON is of any kind
        """Return the value that was written.

        Raises:
            KeyError: If it names something that there is not.
            TypeError: If it is of another form.
            ValueError: If a text in it is not what it says.
        """
        if isinstance(value, list):
            return [self.read(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$record" in value:
            kind = _RECORDS[value["$record"]]
            return kind(**{key: self.read(it) for key, it in value.items() if key != "$record"})
        if len(value) == 1:
            ((key, found),) = value.items()
            if key in self._readers:
                return self._readers[key](found)
        return {key: self.read(item) for key, item in value.items()}

    def instrument(self, key: str) -> Instrument:
        """Return what is found under a key.

        Raises:
            KeyError: If nothing is.
        """
        return self._instruments[key]

    def _write_collection(self, value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> object:
        """Return a list, a tuple or a table."""
        if isinstance(value, list):
            return [self.write(item) for item in value]
        if isinstance(value, tuple):
            return {"$tuple": [self.write(item) for item in value]}
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: self.write(item) for key, item in value.items()}
        return {"$pairs": [[self.write(key), self.write(item)] for key, item in value.items()]}

    def _write_record(self, value: Any) -> dict[str, object]:  # noqa: ANN401 any of the records
        """Return a record by its fields; an execution names its order and does not contain it."""
        written: dict[str, object] = {"$record": _NAMES[type(value)]}
        for item in dataclasses.fields(value):
            found = getattr(value, item.name)
            is_owner = isinstance(value, Execution) and isinstance(found, Order)
            written[item.name] = {"$order": list(found.key)} if is_owner else self.write(found)
        return written


def _write_scalar(value: object) -> dict[str, str]:
    """Return what has a spelling of its own."""
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$moment": value.isoformat()}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    message = f"{type(value).__name__} is not kept"
    raise TypeError(message)
