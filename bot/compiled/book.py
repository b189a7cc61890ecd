"""The clear accounts of a book, compiled: what `NumpyKernel` does, in one pass over memory.

Rule: the same trades and the same verdicts as `NumpyKernel`, bit for bit, or an account is left to `rebalance`, which
comes to the same. Why: a machine with numba must not trade otherwise than one without. Enforced by: tests that compare
both.

It takes sixteen accounts at a time through all instruments, so that what it notes of them stays in registers and what
they hold is read from memory once, and writes the trades past all caches, since nobody reads them soon: memory is then
asked for no more than a plain copy would ask for. The sixteen are spelled out as vectors of LLVM, whose own vectorizer
only finds the loop over all accounts of one instrument: that needs notes in memory and took nearly twice as long.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.lib.stride_tricks import as_strided

from bot.core.planner.book import LEVERAGE_MAX
from bot.core.planner.book_block import (
    CASH_MARGIN,
    CLEAR_SHARES_MAX,
    HALF_MARGIN,
    HELD_MAX,
    NumpyKernel,
)
from bot.errors import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book_block import Block

#: Accounts at a time: two lines of 64 bytes of each instrument's numbers.
_LANES: Final = 16
_LINE_BYTES: Final = 64
_TINY: Final = float(np.finfo(np.float64).tiny)
# As in `book_block`: a whole number added to this float is told by its last bits.
_SHIFT: Final = 1.5 * 2**52
_SHIFT_BITS: Final = int(np.float64(_SHIFT).view(np.int64))

_FLOATS: Final = ir.VectorType(ir.DoubleType(), _LANES)
_WHOLES: Final = ir.VectorType(ir.IntType(64), _LANES)
_FLAGS: Final = ir.VectorType(ir.IntType(1), _LANES)
_BYTES: Final = ir.VectorType(ir.IntType(8), _LANES)


def _floats(number: float) -> ir.Constant:
    return ir.Constant(_FLOATS, [number] * _LANES)


def _wholes(number: int) -> ir.Constant:
    return ir.Constant(_WHOLES, [number] * _LANES)


class _Lanes:
    """Writes the instructions that plan sixteen accounts.

    Attributes:
        build: LLVM's builder, for what needs no other words.
    """

    def __init__(self, build: ir.IRBuilder, place: ir.Value) -> None:
        """Write with `build` for the accounts from `place` on."""
        self.build, self._place = build, place

    def number(self, array: ir.Value, index: ir.Value) -> ir.Value:
        """Read a number of an `array`."""
        return self.build.load(self.build.gep(array.data, [index]))

    def room(self, array: ir.Value, kind: ir.Type, begin: ir.Value | None = None) -> ir.Value:
        """Return where the accounts' numbers are in an `array` whose first account is at `begin`."""
        index = self._place if begin is None else self.build.add(begin, self._place)
        return self.build.bitcast(self.build.gep(array.data, [index]), kind.as_pointer())

    def read(self, array: ir.Value, kind: ir.Type, begin: ir.Value | None = None) -> ir.Value:
        """Read the accounts' numbers of an `array`, which need not begin with a line."""
        return self.build.load(self.room(array, kind, begin), align=8)

    def spread(self, number: ir.Value) -> ir.Value:
        """Return the same `number` for all accounts."""
        nothing, first = ir.Constant(_FLOATS, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        places = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
        one = self.build.insert_element(nothing, number, first)
        return self.build.shuffle_vector(one, nothing, places)

    def larger(self, left: ir.Value, right: ir.Value) -> ir.Value:
        """Return the larger ones; `right` where `left` is no number."""
        return self.build.select(self.build.fcmp_ordered(">", left, right), left, right)

    def call(self, name: str, values: ir.Value) -> ir.Value:
        """Return what LLVM's own function `name` makes of `values`."""
        kind = ir.FunctionType(_FLOATS, [_FLOATS])
        module, full_name = self.build.module, f"llvm.{name}.v{_LANES}f64"
        function = module.globals.get(full_name) or ir.Function(module, kind, full_name)
        return self.build.call(function, [values])

    def note(self, start: ir.Value) -> ir.Value:
        """Return room for a note that begins with `start`; it becomes a register."""
        with self.build.goto_entry_block():
            room = self.build.alloca(start.type)
        self.build.store(start, room)
        return room

    def are_all(self, first: ir.Value, *others: ir.Value) -> ir.Value:
        """Return where everything is true."""
        for each in others:
            first = self.build.and_(first, each)
        return first


@intrinsic
def _plan_lanes(_context, book, market, limits, room, place):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Compile the plan of the sixteen accounts from `place` on; see `_plan` for the numbers."""

    def codegen(context, build, signature, arguments):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        def parts(number):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            """Return the members of an argument: arrays, or numbers as they are."""
            members = []
            for index, kind in enumerate(signature.args[number].types):
                member = build.extract_value(arguments[number], index)
                is_array = isinstance(kind, types.Array)
                members.append(
                    context.make_array(kind)(context, build, member) if is_array else member
                )
            return members

        held, traded_at, allowed, answer = (parts(number) for number in range(4))  # type: ignore[no-untyped-call]
        lanes = _Lanes(build, arguments[4])
        least_money, drift, _, _ = (lanes.spread(each) for each in allowed)
        base, money = _base(lanes, held, traded_at)
        least = lanes.larger(build.fmul(drift, base), least_money)
        least = lanes.larger(build.fmul(least, _floats(1 - 1e-12)), _floats(_TINY))
        notes = _legs(lanes, (held, traded_at, answer), base, least)
        _verdict(lanes, (allowed, answer), (base, money), notes)
        return context.get_dummy_value()

    return types.void(book, market, limits, room, place), codegen


def _base(lanes: _Lanes, book: list[Any], market: list[Any]) -> tuple[ir.Value, ir.Value]:
    """Compile holdings plus cash, added up as `total` does, and cash; each for all sixteen accounts."""
    build, (shares, share_rows, cash), (prices, _, count) = lanes.build, book, market
    worth = lanes.note(_floats(0.0))
    with cgutils.for_range(build, count) as loop:
        held = lanes.read(shares, _WHOLES, lanes.number(share_rows, loop.index))
        price = lanes.spread(lanes.number(prices, loop.index))
        value = build.fmul(build.sitofp(held, _FLOATS), price)
        build.store(build.fadd(build.load(worth), value), worth)
    money = lanes.read(cash, _FLOATS)
    return build.fadd(build.load(worth), money), money


def _legs(
    lanes: _Lanes, numbers: tuple[list[Any], ...], base: ir.Value, least: ir.Value
) -> tuple[ir.Value, ...]:
    """Compile the trades, and return notes of all legs.

    Returns:
        Money spent with and without small trades, how far a leg is from a whole share, bits of what is held, and
        whether anything is traded.
    """
    build, ((shares, share_rows, _), (prices, rates, count), room) = lanes.build, numbers
    zero = _floats(0.0)
    begins = zero, zero, zero, _wholes(0), ir.Constant(_FLAGS, [0] * _LANES)
    notes = [lanes.note(each) for each in begins]
    with cgutils.for_range(build, count) as loop:
        held = lanes.read(shares, _WHOLES, lanes.number(share_rows, loop.index))
        exact = build.fmul(base, lanes.spread(lanes.number(rates, loop.index)))
        goal = lanes.call("rint", exact)
        trade = build.fsub(goal, build.sitofp(held, _FLOATS))
        value = build.fmul(trade, lanes.spread(lanes.number(prices, loop.index)))
        is_kept = build.fcmp_ordered(">=", lanes.call("fabs", value), least)
        shifted = build.fadd(build.select(is_kept, trade, zero), _floats(_SHIFT))
        leg = build.sub(build.bitcast(shifted, _WHOLES), _wholes(_SHIFT_BITS))
        off = lanes.call("fabs", build.fsub(exact, goal))
        all_spent, spent, furthest, held_bits, is_traded = (build.load(each) for each in notes)
        kept_spent = build.select(is_kept, build.fadd(spent, value), spent)
        noted = (
            build.fadd(all_spent, value),
            kept_spent,
            lanes.larger(off, furthest),
            build.or_(held_bits, held),
            build.or_(is_traded, is_kept),
        )
        for each, note in zip(noted, notes, strict=True):
            build.store(each, note)
        _write(lanes, room, loop.index, leg)
    return tuple(build.load(each) for each in notes)


def _write(lanes: _Lanes, room: list[Any], index: ir.Value, leg: ir.Value) -> None:
    """Compile writing a `leg`, past the caches where it begins with a line."""
    build, (trades, trade_rows, _, _, is_aligned) = lanes.build, room
    target = lanes.room(trades, _WHOLES, lanes.number(trade_rows, index))
    with build.if_else(build.icmp_unsigned("!=", is_aligned, is_aligned.type(0))) as (then, other):
        with then:
            written = build.store(leg, target, align=_LINE_BYTES)
            mark = build.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
            written.set_metadata("nontemporal", mark)
        with other:
            build.store(leg, target, align=8)


def _verdict(
    lanes: _Lanes,
    numbers: tuple[list[Any], list[Any]],
    money: tuple[ir.Value, ir.Value],
    notes: tuple[ir.Value, ...],
) -> None:
    """Compile whether the accounts are clear, and whether they trade."""
    build, ((_, _, cash_min, highest_rate), (_, _, status, clear, _)) = lanes.build, numbers
    (base, cash), (all_spent, spent, far, held_bits, is_traded) = money, notes
    most = lanes.call("rint", build.fmul(base, lanes.spread(highest_rate)))
    cash_least = build.fmul(base, lanes.spread(cash_min))
    # NaN is not clear: every comparison with it is false. With a base that is a number, nothing else is NaN.
    is_clear = lanes.are_all(
        build.fcmp_ordered(">", base, _floats(0.0)),
        build.fcmp_ordered(">=", cash, build.fmul(base, _floats(-LEVERAGE_MAX))),
        build.fcmp_ordered("<=", most, _floats(CLEAR_SHARES_MAX)),
        build.fcmp_ordered("<", far, _floats(0.5 - HALF_MARGIN)),
        # A number that is negative or too large leaves its high bits.
        build.icmp_unsigned("<", held_bits, _wholes(HELD_MAX)),
        # Before and after small trades are dropped.
        build.fcmp_ordered(">=", build.fsub(cash, all_spent), cash_least),
        build.fcmp_ordered(">=", build.fsub(cash, spent), cash_least),
    )
    # 1 is NOTHING, 0 is PLANNED.
    for array, is_it in ((clear, is_clear), (status, build.not_(is_traded))):
        build.store(build.zext(is_it, _BYTES), lanes.room(array, _BYTES), align=1)


@njit(nogil=True, error_model="numpy")
def _plan(book, market, limits, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Plan all accounts of a block but for the last few, less than sixteen; see `Block` for the numbers.

    Args:
        book: Shares as one row of memory, where in it each instrument begins, and cash.
        market: By ascending con_id (N,): prices, and shares wanted for each unit of base. How many there are.
        limits: Minimum trade, minimum drift, least cash, and the highest rate.
        room: Trades as one row of memory, where each instrument begins, status, what is clear, and whether sixteen
            trades begin with a line.
    """
    for place in range(0, len(book[2]) // _LANES * _LANES, _LANES):
        _plan_lanes(book, market, limits, room, place)  # type: ignore[call-arg] # numba adds one


class CompiledKernel:
    """Plans blocks with compiled code; any number of threads may share one."""

    #: So many that the way in and out of compiled code does not count.
    accounts = 1 << 20

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        """Write trades and status of `block`; see `Kernel`."""
        if block.rates.shape[1] > 1 or block.shares.dtype != np.int64:
            # Compiled for what a large book is: whole numbers, and targets that all accounts share.
            return NumpyKernel()(block)
        # What is written through bare addresses must be where it seems to be.
        require(
            block.trades.dtype == np.int64
            and block.status.dtype == np.int8
            and block.status.flags.c_contiguous,
            "compiled plans need room as BookPlan.empty makes it",
        )
        is_clear = np.empty(len(block.cash), dtype=np.bool_)
        shares, share_rows = _in_one_row(block.shares)
        trades, trade_rows = _in_one_row(block.trades)
        strides = block.trades.strides
        is_aligned = trades.ctypes.data % _LINE_BYTES == 0 and strides[0] % _LINE_BYTES == 0
        rules, rates = block.rules, block.rates[:, 0].copy()
        limits = (
            rules.minimum_trade,
            rules.minimum_drift,
            rules.cash_buffer + CASH_MARGIN,
            rates.max(),
        )
        _plan(
            (shares, share_rows[block.order], np.ascontiguousarray(block.cash, np.float64)),
            (np.ascontiguousarray(block.prices, np.float64), rates, len(rates)),
            tuple(float(each) for each in limits),
            (trades, trade_rows[block.order], block.status, is_clear, is_aligned),
        )
        whole = len(is_clear) // _LANES * _LANES
        if whole < len(is_clear):
            is_clear[whole:] = NumpyKernel()(_from(block, whole))
        return is_clear


def _from(block: Block, account: int) -> Block:
    """Return the accounts of a `block` from `account` on, as views."""
    return replace(
        block,
        shares=block.shares[:, account:],
        cash=block.cash[account:],
        trades=block.trades[:, account:],
        status=block.status[account:],
    )


def _in_one_row(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the memory of `values` (N, b), each instrument's numbers side by side, as one row, and where each begins.

    Raises:
        InvariantBroken: If they do not lie side by side: the book is not in memory order [N, B].
    """
    rows, count = values.shape
    step, width = values.strides
    require(
        count < 2 or width == values.itemsize,  # noqa: PLR2004 - one number lies beside itself
        "compiled plans need a book in memory order [N, B] (order='F')",
    )
    apart = step // values.itemsize
    flat = as_strided(values, ((rows - 1) * apart + count,), (values.itemsize,))
    return flat, np.arange(rows) * apart
