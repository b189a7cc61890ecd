"""The engine: one look from monitor to journal. Async; speaks only to the ports."""
