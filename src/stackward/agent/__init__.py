"""The agent: one file for the standard library's Python 3.9, which Setup puts on every instance."""
