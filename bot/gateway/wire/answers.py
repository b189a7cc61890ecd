"""How the layout of an outgoing message is declared, and how it becomes bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from bot.gateway.wire.framing import frame
from bot.gateway.wire.numbers import PRINTERS, WireValue, wire_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: A field without this gate is sent to every version.
_ALWAYS: Final = 0
_FOR_EVER: Final = 1 << 30

#: Finds what prints the values of a type; a bound method, since every field of every message asks.
_print_of: Final = dict(PRINTERS).get


class LayoutError(ValueError):
    """The values given to a message are not the ones that its layout names."""


@dataclass(frozen=True, slots=True)
class Field:
    """One named field of a message.

    Attributes:
        name: The field's name, for the values and for the reader.
        constant: The text that is always sent, or None when the message gives a value. A repeated
            group is one field whose value has rows.
        since: First server version that carries the field.
        until: First server version that no longer carries it.
    """

    name: str
    constant: str | None = None
    since: int = _ALWAYS
    until: int = _FOR_EVER

    def is_in(self, version: int) -> bool:
        """Tell whether a server version carries the field."""
        return self.since <= version < self.until


def given(names: str, *, since: int = _ALWAYS, until: int = _FOR_EVER) -> tuple[Field, ...]:
    """Return fields whose values a message gives; the names are separated by blanks."""
    return tuple(Field(name, None, since, until) for name in names.split())


def always(
    text: str, names: str, *, since: int = _ALWAYS, until: int = _FOR_EVER
) -> tuple[Field, ...]:
    """Return fields that always carry the same text."""
    return tuple(Field(name, text, since, until) for name in names.split())


def layout(*parts: Iterable[Field]) -> tuple[Field, ...]:
    """Return the parts joined to one list of fields."""
    return tuple(field_ for part in parts for field_ in part)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A layout for one server version: constants melted into a template, the rest in order."""

    template: str
    names: tuple[str, ...]
    pick: Callable[[Mapping[str, WireValue]], Sequence[WireValue]]


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, WireValue]], Sequence[WireValue]]:
    """Return what takes the values of some names out of a mapping, in order."""
    if len(names) > 1:
        return itemgetter(*names)  # for one name it would return the bare value, for none it fails
    return lambda values: [values[name] for name in names]


@dataclass(frozen=True, slots=True)
class Answer:
    """An outgoing message.

    Attributes:
        number: The message id, its first field.
        name: What the client libraries call it.
        fields: Everything after the message id, in order.
    """

    number: int
    name: str
    fields: tuple[Field, ...]
    _compiled: dict[int, _Compiled] = field(default_factory=dict, repr=False, compare=False)

    def encode(self, version: int, values: Mapping[str, WireValue]) -> bytes:
        """Return the frame of this message.

        Args:
            version: The server version agreed on with the client.
            values: A value for every field without a constant, of whatever version, and no other.

        Raises:
            LayoutError: If a value is missing or has no field.
        """
        compiled = self._compiled.get(version) or self._compile(version)
        try:
            found = compiled.pick(values)
        except KeyError as missing:
            message = f"{self.name} needs a value for {missing}"
            raise LayoutError(message) from None
        if len(values) != len(compiled.names):
            self._check_names(values)
        # Most values are texts and whole numbers, which the template prints as TWS does.
        texts = tuple(
            [
                it if (kind := type(it)) is str or kind is int else _print_of(kind, wire_text)(it)
                for it in found
            ]
        )
        return frame((compiled.template % texts).encode())

    def field_count(self, version: int) -> int:
        """Return the number of fields, the message id included; a repeated group counts as one."""
        return 1 + sum(item.is_in(version) for item in self.fields)

    def _check_names(self, values: Mapping[str, WireValue]) -> None:
        """Refuse values that no version of the message has a field for."""
        unknown = set(values) - {item.name for item in self.fields if item.constant is None}
        if unknown:
            message = f"{self.name} has no field {', '.join(sorted(unknown))}"
            raise LayoutError(message)

    def _compile(self, version: int) -> _Compiled:
        """Prepare the layout for a server version; done once for each."""
        carried = [item for item in self.fields if item.is_in(version)]
        parts = [str(self.number)]
        parts += ["%s" if it.constant is None else it.constant.replace("%", "%%") for it in carried]
        names = tuple(item.name for item in carried if item.constant is None)
        compiled = _Compiled("\0".join(parts) + "\0", names, _picker(names))
        self._compiled[version] = compiled
        return compiled
