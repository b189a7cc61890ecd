"""From a snapshot to a trade list: value it, see where to go, round to whole shares, put it into legs."""
