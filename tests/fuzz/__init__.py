"""A long fuzzing of the gateway's port: `make fuzz`. The short one runs with the tests."""
