"""What changes of a state: told as it happens, and put into the state that it belongs to.

A change has the new value of every part that is another one, of every order only the fields that
are, and every fill that is new or corrected. It is as long as what happened, not as the state is.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from bot.gateway.store.state import StateError, codec_of, parts_of, put, written_moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.gateway.venue import Venue


class Changes:
    """Tells what has changed of a gateway since it was asked last."""

    def __init__(self, venue: Venue) -> None:
        """Take the gateway as it is now."""
        self._venue = venue
        self._codec = codec_of(venue)
        self._known = {path: copy(value) for path, value in parts_of(venue)}
        venue.desk.records.watch()

    def take(self) -> dict[str, Any]:
        """Return what has changed, as JSON has it; empty if nothing has."""
        change: dict[str, Any] = {}
        if parts := self._changed_parts():
            change["parts"] = parts
        touched = self._venue.desk.records.take_touched()
        if touched.orders:
            change["orders"] = [
                [list(key), self._changed_order(key, names)]
                for key, names in touched.orders.items()
            ]
        if touched.executions:
            executions = self._venue.desk.executions
            change["executions"] = [
                [place, self._codec.write(executions[place])] for place in touched.executions
            ]
        return {"at": written_moment(self._venue), **change} if change else change

    def _changed_parts(self) -> list[Any]:
        """Return the paths and the values of the parts that are others."""
        changed = []
        for path, value in parts_of(self._venue):
            if value != self._known[path]:
                self._known[path] = copy(value)
                changed.append([list(path), self._codec.write(value)])
        return changed

    def _changed_order(self, key: tuple[int, int], names: dict[str, None] | None) -> Any:  # noqa: ANN401 JSON is of any kind
        """Return all of a new order, or the fields that changed."""
        order = self._venue.desk.orders[key]
        if names is None:
            return self._codec.write(order)
        return {name: self._codec.write(getattr(order, name)) for name in names}


def fold(state: dict[str, Any], changes: Iterable[Any]) -> None:
    """Put changes into the state from which they went on.

    Raises:
        StateError: If one is none, or is of another state; counts them from 1.
    """
    applied = 0
    try:
        orders = {_key_of(order): order for order in state["orders"]}
        for change in changes:
            _apply(state, orders, change)
            applied += 1
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        message = f"change {applied + 1} in it cannot be read: {type(error).__name__}: {error}"
        raise StateError(message) from None


def _apply(state: dict[str, Any], orders: dict[Any, Any], change: dict[str, Any]) -> None:
    """Put one change into a state."""
    state["at"] = change["at"]
    for path, value in change.get("parts", ()):
        put(state, path, value)
    for key, fields in change.get("orders", ()):
        known = orders.get(tuple(key))
        if known is None:
            orders[_key_of(fields)] = fields
            state["orders"].append(fields)
        else:
            known.update(fields)
    executions = state["executions"]
    for place, written in change.get("executions", ()):
        if not 0 <= place <= len(executions):
            message = f"there is no fill {place}"
            raise ValueError(message)
        executions[place : place + 1] = [written]


def _key_of(order: dict[str, Any]) -> tuple[int, int]:
    """Return the key of an order as JSON has it."""
    return order["ticket"]["client_id"], order["ticket"]["order_id"]
