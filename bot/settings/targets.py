"""What to hold: the static target weights."""

from __future__ import annotations

from collections import Counter
from math import fsum
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from bot.core.domain.sums import SUM_TOLERANCE
from bot.settings.keys import Key, Table


class Holding(Table):
    """One instrument and its target weight."""

    symbol: Annotated[
        str,
        Field(pattern=r"^[A-Z0-9](?:[A-Z0-9. -]{0,18}[A-Z0-9])?$"),
        Key(
            meaning="The ticker as IB writes it, a share class after a blank (BRK B).",
            allowed="capitals, digits, and between them blanks, dots, hyphens",
            wrong="Another company is bought; bot check prints the name of each.",
            example='"AAPL"',
        ),
    ]
    weight: Annotated[
        float,
        Field(gt=0, le=1),
        Key(
            meaning="The target weight; all weights and cash sum to 1.",
            unit="fraction of base",
            wrong="The bot buys or sells until the holding has this weight.",
            example="0.25",
        ),
    ]
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


class Targets(Table):
    """Target weights; whatever else the account holds is never touched."""

    kind: Annotated[
        Literal["static"],
        Key(
            meaning="Where target weights come from: static means that they stand in this file.",
            wrong="An unknown source is refused.",
        ),
    ] = "static"
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
        Field(min_length=1),
        Key(
            meaning="The instruments to hold, one table each.",
            allowed="a list of tables with symbol and weight, at least one",
            wrong="A holding that is not named here is never sold, one that is named is bought.",
            example='[{ symbol = "AAPL", weight = 0.99 }]',
        ),
    ]

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
        total = fsum([self.cash, *(holding.weight for holding in self.holdings)])
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
