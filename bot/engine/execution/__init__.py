"""Execution: orders are worked until they are final. One function sends, and it checks everything itself."""
