"""The stack file: its model, its form, and the loader that turns a file into a Stack or into all its mistakes."""
