"""The walkers run in environments of their own, as scripts; what needs none of them is tested here."""

from __future__ import annotations

import sys
from pathlib import Path

# As a script would find its neighbours, but behind everything else.
sys.path.append(str(Path(__file__).parent))
