"""The price sources: closes of the shipped history, bars of one's own, prices made from a seed.

All of them are days first: a table of open, high, low and close for each instrument. What happens
within a day is a path, worked out when it is needed.
"""
