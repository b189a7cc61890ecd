"""Benchmarks: `python -m benchmarks [--only NAME]`, one file a group.

A group is a module with `measure() -> list[Row]`; `registry.py` has one line for each.
"""
