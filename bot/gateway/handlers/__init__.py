"""One function for every request that is served; `registry.py` lists them by message id."""
