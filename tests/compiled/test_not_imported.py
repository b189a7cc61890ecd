"""The extra is for who asks for it: the daemon and the commands run without."""

from __future__ import annotations

import subprocess
import sys

# The faces and the composition root, and with them all that they need.
IMPORT_ALL = """
import importlib, pkgutil, sys, bot.app, bot.books, bot.cli, bot.live
for package in (bot.books, bot.cli, bot.live):
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(each.name)
print("bot.live.daemon" in sys.modules, sorted({"numba", "llvmlite"} & set(sys.modules)))
"""


def test_neither_the_daemon_nor_a_command_imports_numba():
    # A process of its own, since this one has numba already.
    command = [sys.executable, "-W", "error", "-c", IMPORT_ALL]
    # The command is our own, word for word.
    found = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    assert found.stdout == "True []\n"
