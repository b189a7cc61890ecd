"""IB's words for "nothing", its sides, its zones: each becomes ours, or raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ib import translate
from bot.adapters.ib.translate import AccountRow, PortfolioRow, Untranslatable
from bot.core.domain.instrument import PriceBand
from bot.core.domain.quote import QuoteKind

UNSET = 1.7976931348623157e308
NOTHING = [
    None,
    "",
    math.nan,
    math.inf,
    -math.inf,
    UNSET,
    str(UNSET),
    "1.7976931348623157E308",
    1e300,
    2**31 - 1,
    2147483647.0,
]

finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15).filter(
    lambda value: value != 2**31 - 1
)


@pytest.mark.parametrize("nothing", NOTHING)
def test_every_way_of_saying_nothing_is_none(nothing: float | str | None) -> None:
    assert translate.number(nothing) is None
    assert translate.positive(nothing) is None
    with pytest.raises(Untranslatable, match="price is missing"):
        translate.required(nothing, "price")


@pytest.mark.parametrize("price", [0, 0.0, -1, -1.0, -0.0, math.nan, math.inf, UNSET, 1e300])
def test_zero_and_minus_one_are_no_prices(price: float) -> None:
    assert translate.quote_price(price) is None
    assert translate.positive(price) is None


@pytest.mark.parametrize("words", ["true", "ten", "1,000", "USD"])
def test_words_are_no_numbers(words: str) -> None:
    with pytest.raises(Untranslatable, match="expected a number"):
        translate.number(words)


@given(value=finite)
def test_a_number_means_the_very_float_that_came(value: float) -> None:
    exact = translate.number(value)
    assert exact is not None
    assert float(exact) == value


@given(cents=st.integers(-(10**12), 10**12))
def test_a_price_in_cents_stays_in_cents(cents: int) -> None:
    text = str(Decimal(cents) / 100)
    assert translate.number(float(text)) == Decimal(text)
    assert translate.number(text) == Decimal(text)


@pytest.mark.parametrize(
    ("value", "spelt"),
    [(10.0, "10"), (10.1, "10.1"), (0.1, "0.1"), ("7259.00", "7259.00"), (0, "0")],
)
def test_numbers_are_spelt_as_short_as_they_came(value: float | str, spelt: str) -> None:
    assert str(translate.number(value)) == spelt


@given(value=st.floats())
def test_a_quoted_price_is_finite_and_positive_or_none(value: float) -> None:
    price = translate.quote_price(value)
    assert price is None or (math.isfinite(price) and price == value > 0)


@given(shares=st.integers(0, 10**9).filter(lambda shares: shares != 2**31 - 1))
def test_sides_become_signs(shares: int) -> None:
    for side in ("BUY", "BOT", "buy"):
        assert translate.signed(side, float(shares)) == shares
    for side in ("SELL", "SLD", "SSHORT"):
        assert translate.signed(side, float(shares)) == -shares


@pytest.mark.parametrize(
    ("side", "quantity"), [("", 1), ("HOLD", 1), ("BUY", -1), ("BUY", math.nan), ("SELL", UNSET)]
)
def test_an_unknown_side_or_quantity_is_never_guessed(side: str, quantity: float) -> None:
    with pytest.raises(Untranslatable):
        translate.signed(side, quantity)


def test_times_are_aware_utc() -> None:
    local = datetime(2020, 6, 1, 10, 30, tzinfo=ZoneInfo("US/Eastern"))
    assert translate.aware_utc(local) == datetime(2020, 6, 1, 14, 30, tzinfo=UTC)
    assert translate.aware_utc(local).tzinfo is UTC
    assert translate.utc_from_epoch(1591021800) == datetime(2020, 6, 1, 14, 30, tzinfo=UTC)


@given(
    seconds=st.integers(1, 2**32),
    offset=st.integers(-14, 14),
)
def test_no_zone_changes_a_moment(seconds: int, offset: int) -> None:
    aware = datetime.fromtimestamp(seconds, timezone(timedelta(hours=offset)))
    assert translate.aware_utc(aware) == aware


@pytest.mark.parametrize("value", [datetime(2020, 6, 1, 10, 30), "20200601 10:30:00", None, 5])  # noqa: DTZ001 - the case
def test_a_time_without_a_zone_is_never_guessed(value: object) -> None:
    with pytest.raises(Untranslatable):
        translate.aware_utc(value)


@pytest.mark.parametrize("seconds", [0, -1, 2**31 - 1])
def test_no_time_is_never_a_time(seconds: int) -> None:
    with pytest.raises(Untranslatable):
        translate.utc_from_epoch(seconds)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1, QuoteKind.LIVE),
        (2, QuoteKind.FROZEN),
        (3, QuoteKind.DELAYED),
        (4, QuoteKind.DELAYED_FROZEN),
        (0, None),
        (5, None),
    ],
)
def test_kinds_of_quotes(number: int, kind: QuoteKind | None) -> None:
    assert translate.quote_kind(number) is kind


def test_a_commission_of_minus_one_or_unset_is_not_known_yet() -> None:
    def amount(value: float) -> Decimal | None:
        report = SimpleNamespace(execId="1", commission=value, currency="USD")
        return translate.commission(report).amount

    assert amount(UNSET) is None
    assert amount(-1.0) is None
    assert amount(1.25) == Decimal("1.25")
    assert amount(-0.35) == Decimal("-0.35")
    assert amount(0.0) == 0


def increments(*bands: tuple[float, float]) -> list[SimpleNamespace]:
    return [SimpleNamespace(lowEdge=low, increment=step) for low, step in bands]


def test_price_bands_ascend() -> None:
    bands = translate.price_bands(increments((1.0, 0.01), (0.0, 0.0001)))
    assert bands == (PriceBand(0.0, 0.0001), PriceBand(1.0, 0.01))


@pytest.mark.parametrize(
    "band",
    [(0.0, 0.0), (0.0, -0.01), (-1.0, 0.01), (0.0, math.nan), (math.nan, 0.01), (0.0, UNSET)],
)
def test_a_band_without_a_step_is_no_band(band: tuple[float, float]) -> None:
    with pytest.raises(Untranslatable):
        translate.price_bands(increments(band))


@pytest.mark.parametrize(
    ("exchange", "rule"), [("SMART", 26), ("NYSE", 27), ("IBIS", None), ("", None)]
)
def test_the_price_grid_is_that_of_the_exchange(exchange: str, rule: int | None) -> None:
    assert translate.rule_id_for(exchange, "SMART,AMEX,NYSE", "26,1,27") == rule


def test_lists_that_do_not_match_give_no_grid() -> None:
    assert translate.rule_id_for("NYSE", "SMART,NYSE", "26") is None
    assert translate.rule_id_for("SMART", "SMART", "") is None


# --- the account

ROWS = [
    AccountRow("AccountReady", "true", ""),
    AccountRow("AccountType", "INDIVIDUAL", ""),
    AccountRow("CashBalance", "900.50", "USD"),
    AccountRow("CashBalance", "100.00", "EUR"),
    AccountRow("CashBalance", "0.00", "CHF"),
    AccountRow("CashBalance", "1010.50", "BASE"),
    AccountRow("NetLiquidation", "5000.25", "USD"),
    AccountRow("NetLiquidationByCurrency", "5000.25", "BASE"),
    AccountRow("SettledCash", "800.00", "USD"),
    AccountRow("ExcessLiquidity", "700.00", "USD"),
    AccountRow("TotalCashValue", "1010.50", "USD"),
]


def test_the_account_is_read_from_its_rows() -> None:
    portfolio = [PortfolioRow(1, Decimal("10.5")), PortfolioRow(2, None)]
    state = translate.account_state("DU1", ROWS, portfolio)
    assert (state.account, state.account_type, state.currency) == ("DU1", "INDIVIDUAL", "USD")
    assert state.net_liquidation == Decimal("5000.25")
    assert state.cash == Decimal("1010.50")
    assert state.settled_cash == Decimal("800.00")
    assert state.excess_liquidity == Decimal("700.00")
    assert state.foreign_cash == {"EUR": Decimal("100.00")}
    assert state.market_values == {1: Decimal("10.5")}


def test_ledger_keys_mean_the_same() -> None:
    prefixed = [
        AccountRow(f"$LEDGER-{row.key}", row.value, row.currency) if "Cash" in row.key else row
        for row in ROWS
    ]
    assert translate.account_state("DU1", prefixed, []) == translate.account_state("DU1", ROWS, [])


def without(key: str) -> list[AccountRow]:
    return [row for row in ROWS if row.key != key]


def test_what_ib_does_not_say_is_none_and_never_zero() -> None:
    assert translate.account_state("DU1", without("TotalCashValue"), []).cash is None
    assert translate.account_state("DU1", without("SettledCash"), []).settled_cash is None
    assert translate.account_state("DU1", without("ExcessLiquidity"), []).excess_liquidity is None
    unset = [*without("NetLiquidation"), AccountRow("NetLiquidation", str(UNSET), "USD")]
    assert translate.account_state("DU1", unset, []).net_liquidation is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "NetLiquidation in one named currency, the base; found no row"),
        (without("NetLiquidation"), "found no row"),
        ([*ROWS, AccountRow("NetLiquidation", "1", "EUR")], "found EUR, USD"),
        ([*without("NetLiquidation"), AccountRow("NetLiquidation", "1", "BASE")], "found BASE"),
        ([*ROWS, AccountRow("AccountReady", "false", "")], "not ready yet"),
        ([*ROWS, AccountRow("TotalCashValue", "much", "USD")], "expected a number"),
    ],
)
def test_an_account_that_cannot_be_told_is_refused(rows: list[AccountRow], words: str) -> None:
    with pytest.raises(Untranslatable, match=words):
        translate.account_state("DU1", rows, [])
