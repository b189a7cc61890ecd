"""The TWS text protocol: framing, number formatting, and the layout of every message as data.

Nothing here knows an account, an order or a socket. A layout is a list of named fields with the
server versions that carry them; handlers give and take values by name and never count positions.
"""
