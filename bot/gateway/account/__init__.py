"""The account: what it starts with, what trades make of it, and what it is worth.

Nothing here knows an order or the wire.
"""
