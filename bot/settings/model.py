"""All settings as one frozen value; what is inconsistent cannot be built."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bot.settings.consistency import contradictions
from bot.settings.tables import Tables

#: What another arming is needed for when it changes.
RISK = {"account", "mode", "limits", "execution"}


class Settings(Tables):
    """Everything that a person decides. Made by `load_settings`; the rest of the bot gets domain values."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        found = contradictions(self)
        if found:
            kind, message = "inconsistent", "{message}"
            raise PydanticCustomError(
                kind, message, {"message": found[0], "further": len(found) - 1}
            )
        return self

    def effective(self) -> dict[str, Any]:
        """Return every key with the value that is in force, as plain JSON-able values, for the journal."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """The sha256 of the effective settings in canonical JSON, hexadecimal."""
        return _digest_of(self.effective())

    @property
    def risk_digest(self) -> str:
        """The sha256 of what a person allows who arms trading: account, mode, limits and execution; hexadecimal."""
        return _digest_of(self.model_dump(mode="json", include=RISK))


def _digest_of(values: dict[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
