"""The state that outlives the program: accounts, orders, fills, numbers, the replayed moment.

codec       records as JSON, and back
state       what is kept, and how a gateway takes it over
file        one file, written as a whole or not at all
"""
