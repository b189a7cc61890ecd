"""When to trade: the rule tree of `[policy]`, told apart by `kind`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from bot.settings.keys import Key, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

# Sessions that a period surely has, by the calendar's holidays and closings such as September 2001 (15 sessions).
# A later one would silently skip the short periods.
NTH_SESSION_MAX = {"day": 1, "week": 3, "month": 15, "quarter": 55, "half": 115, "year": 240}


class AbsoluteBandRule(Table):
    """Trade when a weight leaves its band, a fixed distance around its target."""

    kind: Annotated[
        Literal["absolute_band"],
        Key(
            meaning="Trade when any weight is further from its target than width.",
            wrong="An unknown kind is refused.",
            example='"absolute_band"',
        ),
    ]
    width: Annotated[
        float,
        Field(gt=0, lt=1),
        Key(
            meaning="Half-width of the band around each target weight: 0.05 is five percentage points.",
            unit="fraction of base",
            wrong="Too narrow: costs for nothing. Wider than the weights: it never fires.",
            example="0.05",
        ),
    ]
    cash_width: Annotated[
        float | None,
        Field(gt=0, lt=1),
        Key(
            meaning="Half-width of the band around the cash target; left out, cash alone never fires.",
            unit="fraction of base",
            wrong="Too narrow: every dividend is a reason to trade.",
            example="0.02",
        ),
    ] = None


class CalendarRule(Table):
    """Trade on a certain session of every period, whatever the drift."""

    kind: Annotated[
        Literal["calendar"],
        Key(
            meaning="Trade once in every period.",
            wrong="An unknown kind is refused.",
            example='"calendar"',
        ),
    ]
    every: Annotated[
        Literal["day", "week", "month", "quarter", "half", "year"],
        Key(
            meaning="The period.",
            wrong="Too often: costs for nothing.",
            example='"quarter"',
        ),
    ]
    nth_session: Annotated[
        int,
        Field(ge=1, le=240),
        Key(
            meaning="Which session of the period, 1 is the first.",
            unit="sessions",
            allowed="a whole number, at least 1; at most 1 in a day, 3 in a week, 15 in a month, 55 in a quarter, "
            "115 in a half, 240 in a year",
            wrong="A session that short periods do not have would skip them.",
        ),
    ] = 1
    catch_up_sessions: Annotated[
        int,
        Field(ge=0, le=20),
        Key(
            meaning="How many sessions later a missed date is still made up for.",
            unit="sessions",
            wrong="0: a bot that was down on that one day waits a whole period.",
        ),
    ] = 5

    @model_validator(mode="after")
    def _every_period_has_that_session(self) -> Self:
        largest = NTH_SESSION_MAX[self.every]
        if self.nth_session > largest:
            message = (
                "nth_session {nth} of every {every} does not exist in each {every}: expected at most {largest} "
                "(sessions), because holidays make some shorter"
            )
            kind = "inconsistent"
            facts = {"nth": self.nth_session, "every": self.every, "largest": largest}
            raise PydanticCustomError(kind, message, facts)
        return self


class AnyOfRule(Table):
    """Trade when at least one of the rules says so."""

    kind: Annotated[
        Literal["any_of"],
        Key(
            meaning="Trade when at least one of the rules says so.",
            wrong="An unknown kind is refused.",
            example='"any_of"',
        ),
    ]
    rules: Annotated[
        tuple[Rule, ...],
        Strict(strict=False),
        Field(min_length=1, max_length=16),
        Key(
            meaning="The rules to combine.",
            allowed="a list of 1 to 16 rules, each a table with its kind",
            wrong="Each further rule makes trading more frequent.",
            example='[{ kind = "absolute_band", width = 0.05 }]',
        ),
    ]


class AllOfRule(Table):
    """Trade only when every one of the rules says so."""

    kind: Annotated[
        Literal["all_of"],
        Key(
            meaning="Trade only when every one of the rules says so.",
            wrong="An unknown kind is refused.",
            example='"all_of"',
        ),
    ]
    rules: Annotated[
        tuple[Rule, ...],
        Strict(strict=False),
        Field(min_length=1, max_length=16),
        Key(
            meaning="The rules to combine.",
            allowed="a list of 1 to 16 rules, each a table with its kind",
            wrong="Each further rule makes trading rarer; rules that never agree never trade.",
            example='[{ kind = "absolute_band", width = 0.05 }]',
        ),
    ]


Rule = Annotated[
    AbsoluteBandRule | CalendarRule | AnyOfRule | AllOfRule, Field(discriminator="kind")
]

RULE_KINDS = ("absolute_band", "calendar", "any_of", "all_of")

AnyOfRule.model_rebuild()
AllOfRule.model_rebuild()


class Policy(Table):
    """When to trade, and how far."""

    destination: Annotated[
        Literal["target", "halfway", "edge"],
        Key(
            meaning="How far to trade: to the target, to the edge of the band, or halfway between the two.",
            wrong="target trades the most and edge the least; the last two need one absolute_band width to refer to.",
        ),
    ] = "halfway"
    rule: Annotated[
        Rule,
        Key(
            meaning="When to trade: a table told apart by its kind.",
            allowed="a table whose kind is absolute_band, calendar, any_of or all_of",
            wrong="Too eager: costs. Too shy: drift.",
            example='{ kind = "absolute_band", width = 0.05 }',
        ),
    ]

    @model_validator(mode="after")
    def _has_one_band_to_refer_to(self) -> Self:
        widths = sorted({(band.width, band.cash_width or 0) for band in bands(self.rule)})
        if self.destination != "target" and len(widths) != 1:
            message = (
                'destination "{destination}" refers to the width of one absolute_band, found {count} different ones: '
                'write one absolute_band, or destination = "target"'
            )
            kind = "inconsistent"
            facts = {"destination": self.destination, "count": len(widths)}
            raise PydanticCustomError(kind, message, facts)
        return self


def bands(rule: Rule) -> Iterator[AbsoluteBandRule]:
    """Yield every absolute band in the tree of `rule`."""
    if isinstance(rule, AbsoluteBandRule):
        yield rule
    elif isinstance(rule, AnyOfRule | AllOfRule):
        for part in rule.rules:
            yield from bands(part)
