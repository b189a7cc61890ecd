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
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from bot.core.planner.book_block import (
    CASH_MARGIN,
    CLEAR_SHARES_MAX,
    HALF_MARGIN,
)
from bot.core.planner.book import LEVERAGE_MAX, SHARES_MAX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bot.core.planner.book_block import Block

#: Accounts at a time: their notes take 12 KiB.
_CHUNK: Final = 256
#: Numbers that are written past the caches at once: one line of 64 bytes.
_LINE: Final = 8
_LINE_BYTES: Final = 64
#: What an account's notes grow by for a leg that is not clear; more than there are instruments.
_UNCLEAR: Final = 1 << 20
_NEAR: Final = 0.5 - HALF_MARGIN
_HALF_OF_MAX: Final = SHARES_MAX / 2


@intrinsic  # type: ignore[untyped-decorator] # numba has no types
def _write_line(  # pragma: no cover - compiled
    _context: Any, out: Any, place: Any, values: Any, index: Any  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Compile ``out[place:place + 8] = values[index:index + 8]`` past the caches; `out` is aligned to lines there."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401
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

    return types.void(out, types.intp, values, types.intp), codegen


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator] # numba has no types
def _plan(  # noqa: PLR0913, PLR0917, C901, PLR0915
    shares: Any,
    share_rows: Any,
    cash: Any,
    prices: Any,
    rates: Any,
    limits: Any,
    trades: Any,
    trade_rows: Any,
    status: Any,
    clear: Any,
    is_aligned: Any,
) -> None:
    pass
