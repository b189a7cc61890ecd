"""What came of the walks of one client, from the lines that they printed."""

from __future__ import annotations

from typing import Any

from frames import Frames
from steps import DELAYED_STEPS, FAMILY_STEPS, SINCE, STEPS

from bot.gateway.handlers.registry import HANDLERS

#: The step of the walker itself: its instruments see what is planted.
INSTRUMENTS = "instruments"

#: Fields of the order messages of a real gateway at server version 173, recorded, for a plain order.
RECORDED_VERSION = 173
RECORDED = {"5": 136, "3": 12, "11": 31, "59": 8, "61": 16, "101": 101}

#: Requests that a client does not know.
UNKNOWN = {"ibapi": {"104"}}

#: The Python libraries are sent the duration of an order from version 158 on, as the official client
#: is, and read it from 159 on: at 158 one field of each open order is left over, by their own fault.
FAULTY_VERSION, FAULTY_MESSAGE = 158, "5"
FAULTY_CLIENTS = frozenset({"ib_insync", "ib_async"})


class Verdict:
    """Adds up the lines of one client's walks."""

    HEAD = (
        f"{'client':16}{'versions':>10}{'steps':>7}{'failed':>8}{'messages':>10}{'kinds':>7}"
        f"{'left over':>11}{'errors':>8}{'logged':>8}{'encoded':>9}{'misread':>9}"
    )

    def __init__(self, client: str) -> None:
        self.client = client
        self.failed: dict[str, list[int]] = {}
        self.details: dict[str, str] = {}
        self.reports: list[dict[str, Any]] = []
        self.crashes: list[str] = []
        self.steps: set[str] = set()
        self.steps_made = 0
        self.frames = Frames(client)

    def take(self, line: dict[str, Any]) -> None:
        """Take one printed line."""
        if "crash" in line:
            self.crashes.append(line["crash"])
        elif "fields" in line:
            self.frames.take(line)
        elif "step" not in line:
            self.reports.append(line)
        else:
            self.steps.add(line["step"])
            self.steps_made += 1
            if not line["ok"]:
                self.failed.setdefault(line["step"], []).append(line["version"])
                self.details.setdefault(line["step"], line["detail"])

    def problems(self) -> list[str]:
        """Return what is not as it must be, a line each."""
        found = [f"it crashed: {text}" for text in self.crashes]
        highest = max((report["version"] for report in self.reports), default=0)
        wanted = {
            name
            for name in (*STEPS, *FAMILY_STEPS, *DELAYED_STEPS)
            if highest >= SINCE.get(name, 0)
        }
        wanted.add(INSTRUMENTS)
        found += [f"no step {name}" for name in sorted(wanted - self.steps)]
        for name, versions in self.failed.items():
            found.append(f"{name} at {_spans(versions)}: {self.details[name]}")
        for report in self.reports:
            found += _decoding_problems(self.client, report)
        found += self._unasked()
        for text, versions in self.frames.found.items():
            found.append(f"encoded at {_spans(versions)}: {text}")
        return found + self.frames.unproved()

    def _unasked(self) -> list[str]:
        """Return the requests that the gateway serves and no walk made."""
        asked = {number for report in self.reports for number in report["asked"]}
        known = set(HANDLERS) - UNKNOWN.get(self.client, set())
        return [f"never asked: {HANDLERS[each][0].name}" for each in sorted(known - asked)]

    def row(self) -> str:
        """Return the line of the table."""
        versions = sorted({report["version"] for report in self.reports})
        messages = sum(sum(report["seen"].values()) for report in self.reports)
        kinds = {number for report in self.reports for number in report["seen"]}
        left_over = sum(len(_left_over(self.client, report)) for report in self.reports)
        errors, logged = (
            sum(len(report[key]) for report in self.reports) for key in ("errors", "logged")
        )
        failed = sum(len(each) for each in self.failed.values()) + len(self.crashes)
        return (
            f"{self.client:16}{_spans(versions):>10}{self.steps_made:>7}{failed:>8}"
            f"{messages:>10}{len(kinds):>7}{left_over:>11}{errors:>8}{logged:>8}"
            f"{self.frames.read:>9}{sum(map(len, self.frames.found.values())):>9}"
        )


def _spans(versions: list[int]) -> str:
    """Return versions as their lowest and highest."""
    low, high = min(versions, default=0), max(versions, default=0)
    return str(low) if low == high else f"{low}-{high}"


def _left_over(client: str, report: dict[str, Any]) -> dict[str, int]:
    """Return the fields left over by message, without those that are the client's own fault."""
    found = dict(report["left_over"])
    if report["version"] == FAULTY_VERSION and client in FAULTY_CLIENTS:
        # One, not more; and if it is none, this note about the library is out of date.
        found[FAULTY_MESSAGE] = found.get(FAULTY_MESSAGE, 0) - 1
    return {number: count for number, count in found.items() if count}


def _decoding_problems(client: str, report: dict[str, Any]) -> list[str]:
    """Return what is wrong with the messages of one connection."""
    version = report["version"]
    found = [
        f"version {version}: message {number}: {count} fields left over"
        for number, count in _left_over(client, report).items()
    ]
    found += [f"version {version}: {line}" for key in ("errors", "logged") for line in report[key]]
    if version == RECORDED_VERSION:
        for number, count in RECORDED.items():
            counts = report["counts"].get(number, [])
            if counts != [count]:
                found.append(f"message {number} has {counts} fields, the recorded one {count}")
    return found
