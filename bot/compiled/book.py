"""The clear accounts of a book, compiled: what `NumpyKernel` does, in one pass over memory.

Rule: the same trades and the same verdicts as `NumpyKernel`, bit for bit, or an account is left to `rebalance`, which
comes to the same. Why: a machine with numba must not trade otherwise than one without. Enforced by: tests that compare
both.

It takes a few hundred accounts at a time, so that what it notes of them stays in the processor's nearest cache, and
writes the trades past all caches, since nobody reads them soon: memory is then asked for no more than a plain copy
would ask for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.extending import intrinsic
from numpy.lib.stride_tricks import as_strided

from bot.core.planner.book import LEVERAGE_MAX, SHARES_MAX
from bot.core.planner.book_block import CASH_MARGIN, CLEAR_SHARES_MAX, HALF_MARGIN, NumpyKernel
from bot.errors import require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book_block import Block

#: Accounts at a time: their notes take 12 KiB.
_CHUNK: Final = 256
#: Numbers that are written past the caches at once: one line of 64 bytes.
_LINE: Final = 8
_LINE_BYTES: Final = 64
#: What an account's notes grow by for a leg that is not clear; more than there are instruments.
_UNCLEAR: Final = float(1 << 20)
_TINY: Final = float(np.finfo(np.float64).tiny)
_NEAR: Final = 0.5 - HALF_MARGIN
_HALF_OF_MAX: Final = SHARES_MAX / 2


@intrinsic
def _write_line(_context, out, place, values, index):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Compile ``out[place:place + 8] = values[index:index + 8]`` past the caches; `out` is aligned to lines there."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        line = ir.VectorType(ir.IntType(64), _LINE).as_pointer()
        addresses = []
        for number in (0, 2):
            array = context.make_array(signature.args[number])(context, builder, arguments[number])
            address = builder.gep(array.data, [arguments[number + 1]])
            addresses.append(builder.bitcast(address, line))
        written = builder.store(builder.load(addresses[1], align=8), addresses[0], _LINE_BYTES)
        mark = builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)])
        written.set_metadata("nontemporal", mark)
        return context.get_dummy_value()

    return types.void(out, place, values, index), codegen


@intrinsic
def _fetch_line(_context, values, index):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Compile a hint that ``values[index:index + 8]`` is read soon; beyond the end it does nothing."""

    def codegen(context, builder, signature, arguments):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(
            builder.gep(array.data, [arguments[1]]), ir.IntType(8).as_pointer()
        )
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        hint = builder.module.declare_intrinsic("llvm.prefetch", (address.type,), kind)
        # To be read (0), and again (3), as numbers (1).
        builder.call(hint, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(values, index), codegen


@njit(nogil=True, error_model="numpy")
def _begin(book, prices, limits, start, notes):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Begin the notes of the accounts from `start` on: base, least trade, nothing spent, and whether it is a base."""
    shares, share_rows, cash = book
    minimum_trade, minimum_drift, _ = limits
    base, least, spent, marks = notes
    count = min(_CHUNK, len(cash) - start)
    for i in range(count):
        base[i] = 0.0
    for row in range(len(prices)):
        first, price = share_rows[row] + start, prices[row]
        held = shares[first : first + count]
        for i in range(count):
            base[i] += float(held[i]) * price
    money = cash[start : start + count]
    for i in range(count):
        base[i] += money[i]
        drift = minimum_drift * base[i]
        # Not max(): with its care for NaN this would be no vector loop.
        worth = (drift if drift > minimum_trade else minimum_trade) * (1 - 1e-12)  # noqa: FURB136
        least[i] = worth if worth > _TINY else _TINY  # noqa: FURB136
        spent[i] = 0.0
        marks[i] = 0.0 if (base[i] > 0.0) & (money[i] >= -LEVERAGE_MAX * base[i]) else _UNCLEAR


@njit(nogil=True, error_model="numpy")
def _plan(book, prices, rates, limits, room):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Plan all accounts of a block; see `Block` for the numbers.

    Args:
        book: Shares as one row of memory, where in it each instrument begins, and cash.
        prices: By ascending con_id (N,).
        rates: Shares wanted for each unit of base, the same (N,).
        limits: Minimum trade, minimum drift, least cash.
        room: Trades as one row of memory, where each instrument begins, status, what is clear, and whether lines of the
            trades are aligned.
    """
    shares, share_rows, cash = book
    cash_min = limits[2]
    trades, trade_rows, status, clear, is_aligned = room
    base, least, spent = np.empty(_CHUNK), np.empty(_CHUNK), np.empty(_CHUNK)
    marks, leg = np.empty(_CHUNK), np.empty(_CHUNK, dtype=np.int64)
    for start in range(0, len(cash), _CHUNK):
        count = min(_CHUNK, len(cash) - start)
        _begin(book, prices, limits, start, (base, least, spent, marks))
        for row in range(len(prices)):
            held, price, rate = (
                shares[share_rows[row] + start : share_rows[row] + start + count],
                prices[row],
                rates[row],
            )
            for i in range(count):
                owned = float(held[i])
                exact = base[i] * rate
                goal = np.rint(exact)
                trade = goal - owned
                value = trade * price
                is_kept = abs(value) >= least[i]
                # With what small buys would cost, and without what small sells would bring: the more of the two.
                spent[i] += value if is_kept | (value > 0.0) else 0.0
                trade = trade if is_kept else 0.0
                # NaN is not clear: every comparison with it is false.
                is_clear = (
                    (abs(exact - goal) < _NEAR)
                    & (goal <= CLEAR_SHARES_MAX)
                    & (abs(owned - _HALF_OF_MAX) <= _HALF_OF_MAX)
                )
                mark = 1.0 if is_kept else 0.0
                marks[i] += mark if is_clear else _UNCLEAR
                leg[i] = np.int64(trade)
            target = trade_rows[row] + start
            if is_aligned and count == _CHUNK:
                for i in range(0, _CHUNK, _LINE):
                    _write_line(trades, target + i, leg, i)  # type: ignore[call-arg] # numba adds one
                    # The next accounts' numbers come while these are counted.
                    _fetch_line(shares, share_rows[row] + start + _CHUNK + i)
            else:
                for i in range(count):
                    trades[target + i] = leg[i]
        for i in range(count):
            clear[start + i] = (marks[i] < _UNCLEAR) & (
                cash[start + i] - spent[i] >= cash_min * base[i]
            )
            status[start + i] = 1 if marks[i] < 1.0 else 0


class CompiledKernel:
    """Plans blocks with compiled code; any number of threads may share one."""

    #: So many that the way in and out of compiled code does not count.
    accounts = 1 << 20

    def __call__(self, block: Block) -> NDArray[np.bool_]:
        """Write trades and status of `block`; see `Kernel`."""
        if block.rates.shape[1] > 1 or block.shares.dtype != np.int64:
            # Compiled for what a large book is: whole numbers, and targets that all accounts share.
            return NumpyKernel()(block)
        is_clear = np.empty(len(block.cash), dtype=np.bool_)
        shares, share_rows = _in_one_row(block.shares)
        trades, trade_rows = _in_one_row(block.trades)
        strides = block.trades.strides
        is_aligned = trades.ctypes.data % _LINE_BYTES == 0 and strides[0] % _LINE_BYTES == 0
        rules = block.rules
        _plan(
            (shares, share_rows[block.order], block.cash),
            block.prices,
            block.rates[:, 0].copy(),
            (rules.minimum_trade, rules.minimum_drift, rules.cash_buffer + CASH_MARGIN),
            (trades, trade_rows[block.order], block.status, is_clear, is_aligned),
        )
        return is_clear


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
