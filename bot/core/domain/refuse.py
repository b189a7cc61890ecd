"""One way to refuse a bad number in an array: with the rule, the number and its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def refuse(
    is_bad: NDArray[np.bool_], values: NDArray[np.float64] | NDArray[np.int64], rule: str
) -> None:
    """Raise ValueError with `rule`, the place and the number of the first bad value, if there is one."""
    if not is_bad.any():
        return
    place = tuple(int(index) for index in np.argwhere(is_bad)[0])
    names = ", ".join(
        f"{name} {index}" for name, index in zip(("row", "column"), place, strict=False)
    )
    message = f"{rule}, found {values[place]:g} at {names}"
    raise ValueError(message)
