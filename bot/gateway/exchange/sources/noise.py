"""Noise that is the same on every machine: from a text, by whole numbers, sums and quotients only.

Logarithms and exponentials differ in their last digit between processors; what is used here does
not. The bits are those of PCG64, which numpy promises to keep as they are; its random numbers of
other kinds it does not.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

#: Uniform numbers of 16 bits in one sample. Twelve of them have a variance of one.
_PIECES: Final = 12
_WORDS: Final = 3
_PIECE_VALUES: Final = 65536
_SUM_MEAN: Final = _PIECES * (_PIECE_VALUES - 1) // 2

#: Added up by a matrix product, which is the quickest way, and exact for whole numbers.
_ONES: Final = np.ones(_PIECES)


def normals(text: str, count: int) -> npt.NDArray[np.float64]:
    """Return numbers with mean 0 and variance 1 that are nearly normal, none beyond 6.

    Args:
        text: Decides them.
        count: How many, 0 or more. The first ones do not depend on it.

    Returns:
        Shape (count,).
    """
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    # numpy imports its random numbers only when they are first asked for, as here.
    words = np.random.PCG64(seed).random_raw(count * _WORDS)
    pieces = words.view(np.uint16).reshape(count, _PIECES)
    numbers: npt.NDArray[np.float64] = (pieces @ _ONES - _SUM_MEAN) / _PIECE_VALUES
    return numbers
