"""One file for each style; `registry.py` names them."""
