"""Recordings of everything that a gateway was told and said.

    lines       what a recording looks like
    recorder    writes one
    plain       configurations in one, and back
    comparison  one beside what came out of a replay; `bot/gateway/replay.py` plays it

What a gateway says depends only on its configuration and on its inputs at their logical moments
(`bot/gateway/turns.py`). Both are in the recording, so it is all that a replay needs.
"""
