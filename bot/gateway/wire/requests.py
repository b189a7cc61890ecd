"""How the layout of an incoming message is declared, and how fields become named values.

Every field of a request is consumed by name. A request that is too short, or that has a field left
over, is refused as a whole: a gateway that guesses positions would trade what nobody asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from bot.gateway.wire.numbers import NumberError, read_decimal, read_flag, read_integer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

_ALWAYS: Final = 0
_FOR_EVER: Final = 1 << 30

ReadT = TypeVar("ReadT")


class MalformedRequestError(ValueError):
    """A request does not have the fields that its layout names."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some consecutive fields that are present from one server version to another."""

    names: tuple[str, ...]
    since: int = _ALWAYS
    until: int = _FOR_EVER


@dataclass(frozen=True, slots=True)
class When:
    """Parts that are present only if the fields read so far say so."""

    test: Callable[[Mapping[str, str]], bool]
    parts: tuple[Part, ...]
    since: int = _ALWAYS
    until: int = _FOR_EVER


@dataclass(frozen=True, slots=True)
class Repeat:
    """A count and as many rows of the same named fields."""

    name: str
    columns: tuple[str, ...]
    since: int = _ALWAYS
    until: int = _FOR_EVER


@dataclass(frozen=True, slots=True)
class Variants:
    """A count and as many rows, each of which begins with the kind that decides its columns."""

    name: str
    kinds: Mapping[str, tuple[str, ...]]
    since: int = _ALWAYS
    until: int = _FOR_EVER


Part: TypeAlias = Run | When | Repeat | Variants


def run(names: str, *, since: int = _ALWAYS, until: int = _FOR_EVER) -> Run:
    """Return consecutive fields; the names are separated by blanks."""
    return Run(tuple(names.split()), since, until)


class Request:
    """The named values of one received message, read as numbers only when they are used."""

    __slots__ = ("name", "rows", "texts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.texts: dict[str, str] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}

    def text(self, name: str) -> str:
        """Return a field as it was sent."""
        return self.texts[name]

    def integer(self, name: str) -> int:
        """Return a whole number; an empty or unset field is 0."""
        return self._read(name, read_integer) or 0

    def decimal(self, name: str) -> Decimal | None:
        """Return a number, or None if the field is empty or unset."""
        return self._read(name, read_decimal)

    def flag(self, name: str) -> bool:
        """Return a boolean."""
        return self._read(name, read_flag)

    def _read(self, name: str, reader: Callable[[str], ReadT]) -> ReadT:
        """Read one field as a number, naming it if it is none."""
        try:
            return reader(self.texts[name])
        except NumberError as error:
            message = f"{self.name}: {name}: {error}"
            raise MalformedRequestError(message) from error


class _Cursor:
    """The fields of one request and how many of them are consumed."""

    __slots__ = ("fields", "position", "request")

    def __init__(self, request: Request, fields: Sequence[str]) -> None:
        self.request = request
        self.fields = fields
        self.position = 1  # the message id was read by whoever chose the layout

    def take(self, count: int) -> Sequence[str]:
        """Consume some fields."""
        end = self.position + count
        if count < 0 or end > len(self.fields):
            message = f"{self.request.name}: {len(self.fields)} fields are too few"
            raise MalformedRequestError(message)
        taken = self.fields[self.position : end]
        self.position = end
        return taken

    def take_count(self, name: str) -> int:
        """Consume the count of a repeated group."""
        (text,) = self.take(1)
        try:
            count = read_integer(text) or 0
        except NumberError as error:
            message = f"{self.request.name}: number of {name}: {error}"
            raise MalformedRequestError(message) from error
        if not 0 <= count <= len(self.fields) - self.position:
            message = f"{self.request.name}: {count} rows of {name} do not fit in the message"
            raise MalformedRequestError(message)
        self.request.texts[name] = str(count)  # so that a later part can depend on it
        return count

    def read(self, parts: Sequence[Part]) -> None:
        """Consume the parts, which are those that the server version has."""
        texts = self.request.texts
        for part in parts:
            if isinstance(part, Run):
                texts.update(zip(part.names, self.take(len(part.names)), strict=True))
            elif isinstance(part, When):
                if part.test(texts):
                    self.read(part.parts)
            elif isinstance(part, Repeat):
                self.request.rows[part.name] = [
                    dict(zip(part.columns, self.take(len(part.columns)), strict=True))
                    for _ in range(self.take_count(part.name))
                ]
            else:
                self.request.rows[part.name] = self._read_variants(part)

    def _read_variants(self, part: Variants) -> list[dict[str, str]]:
        """Consume rows whose first field decides what follows it."""
        rows = []
        for _ in range(self.take_count(part.name)):
            (kind,) = self.take(1)
            if kind not in part.kinds:
                message = f"{self.request.name}: unknown kind {kind!r} in {part.name}"
                raise MalformedRequestError(message)
            columns = part.kinds[kind]
            row = dict(zip(columns, self.take(len(columns)), strict=True))
            rows.append({"kind": kind, **row})
        return rows


def _resolved(parts: Sequence[Part], version: int) -> tuple[Part, ...]:
    """Return the parts that a server version has, runs that meet joined to one."""
    found: list[Part] = []
    for part in parts:
        if not part.since <= version < part.until:
            continue
        last = found[-1] if found else None
        if isinstance(part, Run) and isinstance(last, Run):
            found[-1] = Run(last.names + part.names)
        elif isinstance(part, When):
            found.append(When(part.test, _resolved(part.parts, version)))
        else:
            found.append(part)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RequestLayout:
    """An incoming message.

    Attributes:
        number: The message id, its first field.
        name: What the client libraries call it.
        parts: Everything after the message id, in order.
    """

    number: int
    name: str
    parts: tuple[Part, ...]
    _by_version: dict[int, tuple[Part, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def decode(self, version: int, fields: Sequence[str]) -> Request:
        """Return the named values of a message.

        Args:
            version: The server version agreed on with the client.
            fields: All fields of the message, the message id first.

        Raises:
            MalformedRequestError: If fields are missing or left over.
        """
        parts = self._by_version.get(version)
        if parts is None:
            parts = self._by_version[version] = _resolved(self.parts, version)
        request = Request(self.name)
        cursor = _Cursor(request, fields)
        cursor.read(parts)
        left_over = len(fields) - cursor.position
        if left_over:
            message = f"{self.name}: {left_over} fields are left over"
            raise MalformedRequestError(message)
        return request


def plain(number: int, name: str, names: str) -> RequestLayout:
    """Return the layout of a request whose fields depend on nothing; empty names are none."""
    return RequestLayout(number, name, (run(names),) if names else ())
