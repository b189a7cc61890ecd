"""The commands: one file each. They say what they do, answer in tables or JSON, and end with a stable code."""
