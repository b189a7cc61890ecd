"""Who is told every event of a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

#: Is told what happens on one connection, in the turn in which it happens: `opened`, `in` with the
#: body of a frame, `out` with a whole frame, `choked` when a client reads too little, `closed`.
Tap: TypeAlias = Callable[[str, bytes], None]
