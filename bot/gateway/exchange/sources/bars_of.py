"""Bars: made of days, or of the paths through them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.gateway.exchange.calendars import local_moment
from bot.gateway.exchange.prices import ONE_DAY, ONE_MONTH, ONE_WEEK, Bar
from bot.gateway.exchange.sources.paths import (
    MICROSECOND,
    PRICE_DIGITS,
    from_us,
    to_us,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.gateway.exchange.prices import OpenHours
    from bot.gateway.exchange.sources.days import Day
    from bot.gateway.exchange.sources.paths import Floats, Integers, Path

_ONE: Final = Decimal(1)
_SMALLEST: Final = Decimal(1).scaleb(-PRICE_DIGITS)


@dataclass(frozen=True, slots=True)
class Piece:
    """One day that bars are made of.

    Attributes:
        on: Its date.
        hours: Its session.
        day: Its prices and its volume.
        factor: By what the prices are multiplied.
        zone: Of the exchange.
    """

    on: date
    hours: OpenHours
    day: Day
    factor: Decimal
    zone: ZoneInfo


def day_bar(piece: Piece) -> Bar:
    """Return the bar of a whole day."""
    day, factor = piece.day, piece.factor
    opened, closed = scaled(day.open, factor), scaled(day.close, factor)
    high, low = scaled(day.high, factor), scaled(day.low, factor)
    return Bar(piece.hours.opens_at, opened, high, low, closed, day.volume)


def daily_bars(days: list[tuple[date, Bar]], size: timedelta) -> list[Bar]:
    """Return bars of a day each as they are, or put together to weeks or months.

    Raises:
        ValueError: If the size is none of the three.
    """
    if size == ONE_DAY:
        return [bar for _, bar in days]
    if size not in (ONE_WEEK, ONE_MONTH):
        message = f"bars of {size}: expected less than a day, a day, a week or a month"
        raise ValueError(message)
    part_of = _week if size == ONE_WEEK else _month
    groups = groupby(days, key=lambda day: part_of(day[0]))
    return [_together([bar for _, bar in group]) for _, group in groups]


def path_bars(
    path: Path, piece: Piece, span: tuple[datetime, datetime], size: timedelta
) -> list[Bar]:
    """Return the bars of a size that begin within a span, on one day.

    They begin at multiples of the size since local midnight, the first one at the open. The last
    one ends with the close or with the span, and the price of that very moment belongs to it.
    """
    edges = _edges(piece, span, size)
    if len(edges) < 2:  # noqa: PLR2004  a bar has two edges
        return []
    at = path.times.searchsorted(edges, side="right") - 1
    # A price that comes at the edge of two bars belongs to the later one.
    last = path.times.searchsorted(edges[1:], side="left") - 1
    last[-1] = at[-1]
    opens, closes = path.prices[at[:-1]], path.prices[last]
    highs, lows = _extremes(path.prices, at[:-1], last)
    volumes = np.diff(path.volumes[at])
    columns = (opens, highs, lows, closes)
    prices = [_column(column, piece.factor) for column in columns]
    moments = [from_us(edge) for edge in edges[:-1]]
    return [Bar(*row) for row in zip(moments, *prices, (int(it) for it in volumes), strict=True)]


def scaled(price: float, factor: Decimal) -> Decimal:
    """Return a price of a table times a factor; without one, with all decimals of the table."""
    # `repr` of a float64 gives back the decimals of the source; `Decimal(float)` would not.
    exact = Decimal(repr(float(price)))
    return exact if factor == _ONE else (exact * factor).quantize(_SMALLEST)


def _column(prices: Floats, factor: Decimal) -> list[Decimal]:
    """Return many prices times a factor."""
    exact = [Decimal(repr(price)) for price in prices.tolist()]
    return exact if factor == _ONE else [(it * factor).quantize(_SMALLEST) for it in exact]


def _edges(piece: Piece, span: tuple[datetime, datetime], size: timedelta) -> Integers:
    """Return the first moments of the bars, and the last moment of the last one."""
    size_us = size // MICROSECOND
    opens_us, closes_us = to_us(piece.hours.opens_at), to_us(piece.hours.closes_at)
    midnight_us = to_us(local_moment(piece.on, time(), piece.zone))
    first = midnight_us + -(-(opens_us + 1 - midnight_us) // size_us) * size_us
    edges = np.concatenate(([opens_us], np.arange(first, closes_us, size_us, dtype=np.int64)))
    start_us, end_us = to_us(span[0]), min(to_us(span[1]), closes_us)
    chosen = edges[(edges >= start_us) & (edges < end_us)]
    return np.append(chosen, end_us) if len(chosen) else chosen


def _extremes(prices: Floats, first: Integers, last: Integers) -> tuple[Floats, Floats]:
    """Return the highest and the lowest price of stretches of steps, both ends included."""
    prices = prices[: last[-1] + 1]  # what comes after the last stretch is not in it
    highs = np.maximum(np.maximum.reduceat(prices, first), prices[last])
    lows = np.minimum(np.minimum.reduceat(prices, first), prices[last])
    return highs, lows


def _week(day: date) -> tuple[int, int]:
    """Return the calendar week of a date."""
    year, week, _ = day.isocalendar()
    return year, week


def _month(day: date) -> tuple[int, int]:
    """Return the calendar month of a date."""
    return day.year, day.month


def _together(days: list[Bar]) -> Bar:
    """Return the bar of several days."""
    return Bar(
        days[-1].at,
        days[0].open,
        max(day.high for day in days),
        min(day.low for day in days),
        days[-1].close,
        sum(day.volume for day in days),
    )
