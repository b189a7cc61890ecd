"""What rules have in common that only permit: they ask for ANYTHING or NOTHING, and have no wish of their own.

A gate is written beside the rule that wishes, in an ``all_of``. Alone it would trade at every look that it permits.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.core.domain.decision import Finding
from bot.core.policy.policy import Ask, Policy, where_fired

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bot.core.policy.state import PolicyState


class Gate(Policy):
    """A rule that permits or pauses."""

    __slots__ = ()

    @abstractmethod
    def permits(self, state: PolicyState) -> NDArray[np.bool_]:
        """Return whether each row (B,) may trade.

        Raises:
            ReadUnknown: If something that it needs is not known.
        """

    @override
    def asks(self, state: PolicyState) -> NDArray[np.int8]:
        """Return ANYTHING for each row (B,) that may trade."""
        return where_fired(self.permits(state), Ask.ANYTHING)

    def finding(self, statement: str, numbers: dict[str, float | str], *, is_open: bool) -> Finding:
        """Return the finding of one row: `statement` says what was found, this adds what follows from it."""
        return Finding(
            rule=self.kind,
            fired=is_open,
            statement=f"{'permits' if is_open else 'pauses'}: {statement}",
            numbers=numbers,
            asks=(Ask.ANYTHING if is_open else Ask.NOTHING).name.lower(),
        )
