"""The state that outlives the program: accounts, orders, fills, numbers, the replayed moment.

codec       records as JSON, and back
state       what is kept, and how a gateway takes it over
changes     what has changed of it since one looked last, and how that is put into it
file        one file: a state, and behind it the changes since then
keeper      keeps the state of a running gateway in a file
"""
