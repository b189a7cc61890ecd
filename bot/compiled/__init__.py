"""Kernels compiled at first use, with numba (the extra `compiled`): the same answers, sooner. No daemon imports it."""
