"""Orders: what was asked for, whether it may be, what becomes of it, and who is told.

Nothing here knows the wire: reports leave through the `OrderListener` of `reporter.py`.
"""
