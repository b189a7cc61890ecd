"""The words in which TWS refuses, as far as several rooms need the same ones."""

from __future__ import annotations

from typing import Final

NO_DEFINITION: Final = "No security definition has been found for the request"
DUPLICATE_ID: Final = "Error processing request.-'gw' : cause - Duplicate ticker id"


def invalid_text(cause: str, where: str = "gw") -> str:
    """Return the text of error 321, about a request that makes no sense.

    Args:
        cause: What is wrong with it.
        where: The part of TWS that found it.
    """
    return f"Error validating request.-'{where}' : cause - {cause}"
