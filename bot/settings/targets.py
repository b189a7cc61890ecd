"""What to hold: the instruments, and where their target weights come from."""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bot.core.domain.instrument import SYMBOL_PATTERN
from bot.core.domain.sums import SUM_TOLERANCE
from bot.core.targets.static import StaticWeights
from bot.settings.keys import Key, Table
from bot.settings.made import Source, core_of, default_source


class Holding(Table):
    """One instrument, its target weight, and how it may be traded."""

    symbol: Annotated[
        str,
        Field(pattern=f"^{SYMBOL_PATTERN}$"),
        Key(
            meaning="The ticker as IB writes it, a share class after a blank (BRK B).",
            allowed="capitals, digits, and between them blanks, dots, hyphens",
            wrong="Another company is bought; bot check prints the name of each.",
            example='"AAPL"',
        ),
    ]
    weight: Annotated[
        float | None,
        Field(gt=0, le=1),
        Key(
            meaning="The target weight; all weights and cash sum to 1. Left out where the source of targets says it.",
            unit="fraction of base",
            wrong="The bot buys or sells until the holding has this weight.",
            example="0.25",
        ),
    ] = None
    asset_class: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9 _-]{0,38}[A-Za-z0-9])?$"),
        Key(
            meaning="Your own name for a group of instruments, which rules and sources may refer to.",
            allowed="letters, digits, and between them blanks, hyphens, underscores; other than cash",
            wrong="The band or the weight of another class counts for it.",
            example='"equity"',
        ),
    ] = None
    lot: Annotated[
        int,
        Field(ge=1, le=1_000_000),
        Key(
            meaning="Trades are whole multiples of this; 1 is any whole number.",
            unit="shares",
            wrong="Too large: the weight stays away from its target by up to half a lot.",
        ),
    ] = 1
    trade: Annotated[
        Literal["any", "buy_only", "sell_only", "none"],
        Key(
            meaning="Which trades are allowed.",
            wrong="What may not be sold or bought keeps its drift, and the others go on without it.",
        ),
    ] = "any"
    currency: Annotated[
        str | None,
        Field(pattern=r"^[A-Z]{3}$"),
        Key(
            meaning="The currency it is quoted in; the account's currency if left out.",
            allowed="three capitals of ISO 4217; until currencies are converted, only the account's",
            wrong="A listing of the same name in another country is meant.",
            example='"USD"',
        ),
    ] = None
    primary_exchange: Annotated[
        str | None,
        Field(pattern=r"^[A-Z0-9.]{2,12}$"),
        Key(
            meaning="Where it is listed, for a ticker that is listed twice.",
            allowed="IB's name of the exchange, such as NYSE, NASDAQ, ARCA",
            wrong="The symbol stays ambiguous and nothing trades.",
            example='"NASDAQ"',
        ),
    ] = None
    con_id: Annotated[
        int | None,
        Field(ge=1),
        Key(
            meaning="IB's contract id, the only name that never changes.",
            wrong="It decides, and the symbol is only for display then.",
            example="265598",
        ),
    ] = None

    @field_validator("asset_class", mode="after")
    @classmethod
    def _is_not_cash(cls, name: str | None) -> str | None:
        if name == "cash":
            kind = "inconsistent"
            message = "cash is the class of the account's own cash: expected another name, such as cash_like"
            raise PydanticCustomError(kind, message)
        return name


class Targets(Table):
    """Target weights; whatever else the account holds is never touched."""

    cash: Annotated[
        float,
        Field(ge=0, lt=1),
        Key(
            meaning="The target weight of cash.",
            unit="fraction of base",
            wrong="Too little: fees and rounding find no cash and buys are cut. Too much: money lies idle.",
            example="0.01",
        ),
    ]
    holdings: Annotated[
        tuple[Holding, ...],
        # A TOML array is a list; inside it everything is as strict as elsewhere.
        Strict(strict=False),
        Key(
            meaning="The instruments to hold, one table each; left out only with a source that names them itself.",
            allowed="a list of tables with symbol and weight, at least one",
            wrong="A holding that is not named here is never sold, one that is named is bought.",
            example='[{ symbol = "AAPL", weight = 0.99 }]',
        ),
    ] = ()
    source: Annotated[
        Source,
        Field(default_factory=default_source),
        Key(
            meaning="Where target weights come from: a table told apart by its kind, static if left out. Each kind has "
            "its keys explained in config/examples/targets/<kind>.toml.",
            allowed="a table with a kind and its keys",
            wrong="The bot trades towards other weights than you think; bot check prints them.",
        ),
    ]

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every instrument of the mandate: the holdings in the order of the file, then what only the source names."""
        written = tuple(holding.symbol for holding in self.holdings)
        named = core_of(self.source).instruments()
        return written + tuple(symbol for symbol in named if symbol not in written)

    @model_validator(mode="after")
    def _has_an_instrument(self) -> Self:
        if not self.symbols:
            message = (
                "holdings are missing: expected a list of tables with symbol and weight, at least one; for example "
                'holdings = [{ symbol = "AAPL", weight = 0.99 }]'
            )
            kind = "inconsistent"
            raise PydanticCustomError(kind, message)
        return self

    @model_validator(mode="after")
    def _names_each_instrument_once(self) -> Self:
        symbols = Counter(holding.symbol for holding in self.holdings)
        con_ids = Counter(holding.con_id for holding in self.holdings if holding.con_id is not None)
        for name, counts in (("symbol", symbols), ("con_id", con_ids)):
            value, times = counts.most_common(1)[0] if counts else ("", 0)
            if times > 1:
                message = (
                    "{name} {value} stands in {times} holdings: expected each once; "
                    "write one holding with the whole weight"
                )
                kind = "inconsistent"
                raise PydanticCustomError(
                    kind, message, {"name": name, "value": value, "times": times}
                )
        return self

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        # What other sources need, they say themselves; so does this one of a weight that is missing.
        weights = [holding.weight for holding in self.holdings]
        written = [weight for weight in weights if weight is not None]
        if self.source.made_from is not StaticWeights or len(written) < len(weights):
            return self
        total = fsum([self.cash, *written])
        if abs(total - 1) > SUM_TOLERANCE:
            message = (
                "weights and cash sum to {total}, expected 1 (fractions of base): {difference} {direction}; "
                "change the weights or cash by that"
            )
            facts = {
                "total": f"{total:.12g}",
                "difference": f"{abs(total - 1):.6g}",
                "direction": "too much" if total > 1 else "missing",
            }
            kind = "inconsistent"
            raise PydanticCustomError(kind, message, facts)
        return self
