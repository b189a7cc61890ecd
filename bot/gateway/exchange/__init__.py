"""The market behind the gateway: instruments, sessions, prices, quotes, and what fills at them.

Nothing here knows a client, an order id or the wire.
"""
