"""What can go wrong at a broker, each under a name, to be struck by a test, a person or a script.

A fault is a small class with a name, a first docstring line that users read, and parameters with
bounds. `registry.py` lists all of them; `strikes.py` strikes them and keeps those that last;
`script.py` reads from a file which are struck when. A fault changes what clients see, or the truth
itself; its docstring says which. The switches of `Behaviour` stay as a test set them: a fault that
turns one puts it back when it ends.
"""
