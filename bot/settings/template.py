"""The commented configuration: what `bot init` writes, and `config/example.toml`.

Comments are made from what each key says about itself, so a file written by `bot init` explains the version that
wrote it. To write the example anew: ``python -m bot.settings.template > config/example.toml``.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from bot.errors import ConfigError
from bot.settings.keys import allowed, key_of, models_in, tables
from bot.settings.made import Made
from bot.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

SCHEMA_LINE = "#:schema ./bot.schema.json"

# Weights are written in steps of a tenth of a basis point: so many make 1 (fraction of base).
WEIGHT_STEPS = 100_000

# Proposals, as fractions of the base.
ORDER_SHARE = 0.1
MINIMUM_TRADE_SHARE = 0.001
PLAN_TURNOVER = 0.25
# An order may be this part of what its instrument trades in a day; a move from the close is asked about beyond this.
ORDER_VOLUME = 0.01
CLOSE_MOVE = 0.1
# How much larger than its largest target a holding may be bought: as a factor.
CONCENTRATION = 1.25
CASH_BUFFER = 0.002

# The largest amount of money that a key takes, account currency.
MONEY_MAX = 1e12

_WIDTH = 116

_SOURCE = {"kind": "static"}

_RULE = {
    "kind": "any_of",
    "rules": [
        {"kind": "absolute_band", "width": 0.05},
        {"kind": "calendar", "every": "quarter", "nth_session": 1, "catch_up_sessions": 5},
    ],
}


@dataclass(frozen=True, slots=True)
class DraftHolding:
    """What the account holds of one instrument now.

    Attributes:
        symbol: As IB writes it.
        weight: Its value, fraction of base, above 0.
        con_id: IB's contract id, if known.
    """

    symbol: str
    weight: float
    con_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a new configuration starts from: the account as it is.

    Attributes:
        account: IB's id.
        currency: The account's base currency, ISO 4217.
        port: The gateway's.
        state_dir: As it is to stand in the file: absolute, or relative to the file's folder.
        holdings: At least one; whatever they leave of 1 becomes the cash target.
        base: What weights are fractions of, account currency, above 0; caps are proposed from it.
        host: The gateway's.
        library: The client library.
        follow_gateway_time: For a paper gateway that replays the past.
    """

    account: str
    currency: str
    port: int
    state_dir: str
    holdings: tuple[DraftHolding, ...]
    base: float
    host: str = "127.0.0.1"
    library: str = "ib_insync"
    follow_gateway_time: bool = False


def render_config(draft: Draft) -> str:
    """Return a commented configuration in mode observe whose targets are the current holdings.

    Raises:
        ConfigError: If there is nothing to write a target for, or a number in the draft cannot be one.
    """
    weights, cash = target_steps(draft)
    base = draft.base
    values = {
        ("", "mode"): "observe",
        ("account", "id"): draft.account,
        ("account", "currency"): draft.currency,
        ("broker", "host"): draft.host,
        ("broker", "port"): draft.port,
        ("broker", "library"): draft.library,
        ("broker", "follow_gateway_time"): draft.follow_gateway_time,
        ("state", "dir"): draft.state_dir,
        ("targets", "cash"): cash,
        ("targets", "holdings"): [
            _entry(holding, weight) for holding, weight in zip(draft.holdings, weights, strict=True)
        ],
        ("targets", "source"): _SOURCE,
        ("policy", "rule"): _RULE,
        ("planner", "minimum_trade"): _rounded(base * MINIMUM_TRADE_SHARE),
        ("planner", "cash_buffer"): min(Decimal(str(CASH_BUFFER)), cash),
        ("limits", "order_notional_max"): _rounded(base * ORDER_SHARE),
        ("limits", "order_nav_max"): ORDER_SHARE,
        ("limits", "order_volume_max"): ORDER_VOLUME,
        ("limits", "close_move_max"): CLOSE_MOVE,
        ("limits", "concentration_max"): min(
            1.0, float(f"{float(max(weights)) * CONCENTRATION:.2g}")
        ),
        ("limits", "plan_turnover_max"): PLAN_TURNOVER,
    }
    head = (
        f"Account {draft.account} as it was found: the targets are its present holdings, so nothing is to be done yet.",
        (
            "Read every key, above all [limits], then change the targets to what you want. In mode observe the bot "
            "decides and explains and sends nothing."
        ),
    )
    return _render(values, head)


def example_config() -> str:
    """Return the text of `config/example.toml`."""
    values = {
        ("", "mode"): "observe",
        ("state", "dir"): "../state/example",
        ("targets", "holdings"): [
            {"symbol": "VTI", "weight": 0.5},
            {"symbol": "BND", "weight": 0.39},
            {
                "symbol": "AAPL",
                "weight": 0.1,
                "currency": "USD",
                "primary_exchange": "NASDAQ",
                "con_id": 265598,
            },
        ],
        ("targets", "source"): _SOURCE,
        ("policy", "rule"): _RULE,
    }
    head = (
        (
            "Every key with its unit, its range, and what goes wrong if it is wrong. "
            'Keys marked "No default" must be written.'
        ),
        (
            "BOT_<TABLE>__<KEY> in the environment (BOT_BROKER__PORT) goes before this file, and so does a file named "
            "<table>__<key> (account__id) in systemd's credentials directory. Check it with: "
            "bot check --offline config/example.toml"
        ),
    )
    return _render(values, head)


def target_steps(draft: Draft) -> tuple[tuple[Decimal, ...], Decimal]:
    """Return the weights of the holdings and of cash in decimal steps that sum to exactly 1.

    More than 1 is held on borrowed money: it is scaled down to 1, without cash.
    """
    for holding in draft.holdings:
        if not (math.isfinite(holding.weight) and holding.weight > 0):
            message = (
                f"{holding.symbol}: expected a weight above 0 (fraction of base), found {holding.weight:g}; "
                "a short or worthless holding cannot be a target, leave it out"
            )
            raise ConfigError(message)
    if not draft.holdings:
        message = "expected at least one holding to write a target for, found none; start from config/example.toml"
        raise ConfigError(message)
    if not (math.isfinite(draft.base) and draft.base > 0):
        message = f"expected a base above 0 ({draft.currency}), found {draft.base:g}; deposit first"
        raise ConfigError(message)
    total = max(1.0, math.fsum(holding.weight for holding in draft.holdings))
    steps = [max(1, round(each.weight / total * WEIGHT_STEPS)) for each in draft.holdings]
    # Rounding up many small holdings may spend more than there is: the largest gives it back, step by step.
    for _ in range(sum(steps) - WEIGHT_STEPS):
        steps[steps.index(max(steps))] -= 1
    cash = WEIGHT_STEPS - sum(steps)
    return tuple(Decimal(step) / WEIGHT_STEPS for step in steps), Decimal(cash) / WEIGHT_STEPS


def _entry(holding: DraftHolding, weight: Decimal) -> dict[str, Any]:
    entry: dict[str, Any] = {"symbol": holding.symbol, "weight": weight}
    if holding.con_id is not None:
        entry["con_id"] = holding.con_id
    return entry


def _rounded(amount: float) -> float:
    """Return `amount` (account currency, above 0) to two significant digits."""
    return min(float(f"{amount:.1e}"), MONEY_MAX)


def _render(values: Mapping[tuple[str, str], object], head: Sequence[str]) -> str:
    lines = [SCHEMA_LINE, "#"]
    for paragraph in head:
        lines += [*_comment(paragraph), "#"]
    lines[-1] = ""
    inside = dict(tables(Settings))
    for name, field in Settings.model_fields.items():
        if name in inside:
            lines += ["", *_comment(inside[name].__doc__ or ""), f"[{name}]", ""]
            lines += _table(name, inside[name], values)
        else:
            lines += [*_about(field), f"{name} = {_toml(values[('', name)])}", ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(
    table: str, model: type[BaseModel], values: Mapping[tuple[str, str], object]
) -> Iterator[str]:
    for name, field in model.model_fields.items():
        given = values.get((table, name))
        yield from _about(field)
        for inner in models_in(field.annotation):
            yield from _about_kind(inner) if issubclass(inner, Made) else _about_table(inner)
        if given is None and not field.is_required() and field.default is None:
            yield f"# {name} = {key_of(field).example}"
        elif isinstance(given, dict):
            yield f"[{table}.{name}]"
            for key, value in given.items():
                yield from _line(key, value)
        elif given is None and field.is_required():
            yield f"{name} = {key_of(field).example}"
        else:
            yield from _line(name, field.default if given is None else given)
        yield ""


def _line(name: str, value: object) -> Iterator[str]:
    """Yield ``name = value``; a list of tables has one line for each."""
    if isinstance(value, list):
        yield f"{name} = ["
        for item in value:
            yield f"  {_toml(item)},"
        yield "]"
    else:
        yield f"{name} = {_toml(value)}"


def _about(field: FieldInfo) -> Iterator[str]:
    """Yield the comment above a key: what it is; unit and range; what goes wrong."""
    key = key_of(field)
    unit = f"Unit: {key.unit}. " if key.unit else ""
    default = " No default." if field.is_required() else ""
    yield from _comment(key.meaning)
    yield from _comment(f"{unit}Allowed: {allowed(field)}.{default}")
    yield from _comment(f"If it is wrong: {key.wrong}")


def _about_kind(model: type[BaseModel]) -> Iterator[str]:
    """Yield what one kind of rule or source is; its keys stand in its own example."""
    yield from _comment(f"{key_of(model.model_fields['kind']).example}: {model.__doc__}", "  ")


def _about_table(model: type[BaseModel]) -> Iterator[str]:
    """Yield the comment about the keys of a table that stands inside a key."""
    yield from _comment(f"each: {model.__doc__}", "  ")
    for inner, field in model.model_fields.items():
        key = key_of(field)
        unit = f" Unit: {key.unit}." if key.unit else ""
        default = "" if field.is_required() or field.default is None else _toml(field.default)
        left_out = f" Left out: {default}." if default else ""
        text = f"{inner}: {key.meaning}{unit} Allowed: {allowed(field)}.{left_out} If it is wrong: {key.wrong}"
        yield from _comment(text, "    ")


def _comment(text: str, indent: str = "") -> list[str]:
    return wrap(text, _WIDTH, initial_indent=f"# {indent}", subsequent_indent=f"# {indent}")


def _toml(value: object) -> str:
    """Return `value` as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the one control character that JSON lets through.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return str(value)


if __name__ == "__main__":
    sys.stdout.write(example_config())
