"""When to trade, and how far: `[policy]`. The rules' own tables are made from the core's policies."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bot.settings.keys import Key, Table
from bot.settings.made import Rule  # noqa: TC001 - pydantic reads annotations at run time

# What stands for a destination with an amount, and its unit there.
_WITH_AMOUNT = {"fraction": "more than 0, at most 1", "distance": "at least 0, at most 1"}


class Policy(Table):
    """When to trade, and how far."""

    destination: Annotated[
        Literal["target", "halfway", "edge", "fraction", "distance"],
        Key(
            meaning="How far to trade: to the target, to the edge of the band, halfway between the two, a fraction of "
            "the way, or to a distance from the target.",
            wrong="target trades the most and edge the least; edge and halfway need a rule with a band, and distance "
            "one with a band or with a measure such as total drift.",
        ),
    ] = "halfway"
    destination_amount: Annotated[
        float | None,
        Field(ge=0, le=1),
        Key(
            meaning="The fraction of the way for fraction; the distance from the target, or the measure, that is left "
            "over for distance: with a band of 0.02, 0.0175 trades back to 175 basis points.",
            unit="fraction",
            allowed="a number, for fraction more than 0, at most 1; for distance at least 0, at most 1; else left out",
            wrong="Too small a fraction, or too large a distance: a breach is mended for a day only.",
            example="0.5",
        ),
    ] = None
    rule: Annotated[
        Rule,
        Key(
            meaning="When to trade: a table told apart by its kind; rules may contain rules. Each kind has its keys "
            "explained in config/examples/policies/<kind>.toml.",
            allowed="a table with a kind and its keys",
            wrong="Too eager: costs. Too shy: drift.",
            example='{ kind = "absolute_band", width = 0.05 }',
        ),
    ]

    @model_validator(mode="after")
    def _has_the_amount_that_it_needs(self) -> Self:
        wanted = _WITH_AMOUNT.get(self.destination)
        amount = self.destination_amount
        kind, facts = "inconsistent", {"destination": self.destination, "amount": amount}
        if wanted is not None and amount is None:
            message = (
                'destination "{destination}" needs destination_amount: expected a number, {wanted}'
            )
            raise PydanticCustomError(kind, message, {**facts, "wanted": wanted})
        if wanted is None and amount is not None:
            message = (
                'destination_amount {amount} has no meaning for destination "{destination}": leave it out, or write '
                'destination = "fraction" or "distance"'
            )
            raise PydanticCustomError(kind, message, facts)
        if self.destination == "fraction" and amount == 0:
            message = "destination_amount: expected a number, more than 0, at most 1 (fraction of the way), found 0"
            raise PydanticCustomError(kind, message)
        return self
