"""The core's property tests take the same examples in every run: a red build is a change, not chance."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("core", deadline=None, derandomize=True)
settings.load_profile("core")
