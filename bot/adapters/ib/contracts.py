"""Turn what a person wrote into instruments: contract details, then the price grid of the exchange."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.adapters.ib import keys
from bot.adapters.ib.error_codes import NO_DEFINITION
from bot.adapters.ib.pending import Failed
from bot.adapters.ib.translate import ContractMatch, rule_id_for
from bot.core.domain.instrument import Instrument, PriceBand, Unresolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.adapters.ib.asking import Asking
    from bot.core.domain.instrument import InstrumentSpec

#: The one kind of security that this version trades: shares of companies and funds.
STOCK: Final = "STK"


def contract_fields(instrument: Instrument) -> dict[str, object]:
    """Return what names an instrument to IB, as the library's contract spells it."""
    return {
        "conId": instrument.con_id,
        "symbol": instrument.symbol,
        "secType": STOCK,
        "exchange": instrument.exchange,
        "currency": instrument.currency,
        "primaryExchange": instrument.primary_exchange,
    }


class Contracts:
    """Resolves specs over one connection; a market rule is asked for once in it."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._rules: dict[int, tuple[PriceBand, ...]] = {}

    def forget(self) -> None:
        """Forget the rules: a new connection asks again."""
        self._rules.clear()

    async def resolve(self, specs: Sequence[InstrumentSpec]) -> tuple[Instrument | Unresolved, ...]:
        """Return an instrument, or why there is none, for each spec and in its order."""
        matches = await asyncio.gather(*(self._match(spec) for spec in specs))
        rules = {
            rule
            for spec, match in zip(specs, matches, strict=True)
            if (rule := _rule_of(spec, match)) is not None
        }
        problems = dict(
            zip(
                rules,
                await asyncio.gather(*(self._learn_rule(rule) for rule in rules)),
                strict=True,
            )
        )
        return tuple(
            self._instrument(spec, match, problems)
            for spec, match in zip(specs, matches, strict=True)
        )

    async def _match(self, spec: InstrumentSpec) -> ContractMatch | Unresolved:
        trouble = self._asking.connection.trouble
        if trouble is not None:
            return Unresolved(spec, f"{spec.symbol} was not looked up: {trouble}", is_certain=False)
        request_id = self._asking.connection.next_id()
        contract = self._asking.connection.library.new_contract(**_question(spec))
        answer = await self._asking.ask(
            keys.contract_details(request_id),
            lambda client: client.reqContractDetails(request_id, contract),
            request_id=request_id,
        )
        if not isinstance(answer, Failed):
            return _only_match(spec, answer.rows)
        if answer.code == NO_DEFINITION:
            return Unresolved(
                spec, f"IB knows no {_words(spec)}: check symbol, currency and exchange"
            )
        return Unresolved(
            spec, f"{spec.symbol} was not looked up: {answer.reason}", is_certain=False
        )

    async def _learn_rule(self, rule: int) -> str | None:
        """Have a market rule ready; return why it cannot be had, or None."""
        if rule in self._rules:
            return None
        answer = await self._asking.ask(
            keys.market_rule(rule), lambda client: client.reqMarketRule(rule)
        )
        if isinstance(answer, Failed):
            return f"its price grid (market rule {rule}) was not read: {answer.reason}"
        if not answer.rows:
            return f"its price grid (market rule {rule}) is empty"
        self._rules[rule] = answer.rows
        return None

    def _instrument(
        self,
        spec: InstrumentSpec,
        match: ContractMatch | Unresolved,
        problems: dict[int, str | None],
    ) -> Instrument | Unresolved:
        if isinstance(match, Unresolved):
            return match
        rule = _rule_of(spec, match)
        if rule is None:
            return Unresolved(
                spec,
                f"IB names no price grid for {spec.symbol} on {spec.exchange}: {match.valid_exchanges} are known",
            )
        problem = problems[rule]
        if problem is not None:
            return Unresolved(spec, f"{spec.symbol}: {problem}", is_certain=False)
        return Instrument(
            con_id=match.con_id,
            symbol=match.symbol,
            currency=match.currency,
            exchange=spec.exchange,
            primary_exchange=match.primary_exchange,
            price_bands=self._rules[rule],
            time_zone=match.time_zone,
            liquid_hours=match.liquid_hours,
            security_type=match.security_type,
        )


def _question(spec: InstrumentSpec) -> dict[str, object]:
    """Return the contract to ask for: by id alone if there is one, so that a wrong symbol beside it shows."""
    if spec.con_id is not None:
        return {"conId": spec.con_id, "exchange": spec.exchange}
    return {
        "symbol": spec.symbol,
        "secType": STOCK,
        "exchange": spec.exchange,
        "currency": spec.currency,
        "primaryExchange": spec.primary_exchange or "",
    }


def _only_match(
    spec: InstrumentSpec, matches: Sequence[ContractMatch]
) -> ContractMatch | Unresolved:
    found = list({match.con_id: match for match in matches}.values())
    if len(found) > 1:
        names = ", ".join(f"conId {match.con_id} on {match.primary_exchange}" for match in found)
        return Unresolved(
            spec,
            f"IB knows {len(found)} contracts as {_words(spec)} ({names}): say con_id or primary_exchange",
        )
    if not found:
        return Unresolved(spec, f"IB knows no {_words(spec)}: check symbol, currency and exchange")
    match = found[0]
    wanted = (STOCK, spec.symbol.upper(), spec.currency.upper())
    if (match.security_type, match.symbol.upper(), match.currency.upper()) != wanted:
        return Unresolved(
            spec,
            f"expected {_words(spec)}, but conId {match.con_id} is {match.security_type} {match.symbol} "
            f"in {match.currency}",
        )
    return match


def _rule_of(spec: InstrumentSpec, match: ContractMatch | Unresolved) -> int | None:
    if isinstance(match, Unresolved):
        return None
    return rule_id_for(spec.exchange, match.valid_exchanges, match.market_rule_ids)


def _words(spec: InstrumentSpec) -> str:
    words = f"{STOCK} {spec.symbol} in {spec.currency} on {spec.exchange}"
    return f"{words} ({spec.primary_exchange})" if spec.primary_exchange else words
