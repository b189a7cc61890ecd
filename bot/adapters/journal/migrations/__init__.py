"""The changes of the journal's tables since schema 1, run by alembic from inside the program."""
