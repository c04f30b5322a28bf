"""Machines that somebody owns: they are registered where they are, and switched by commands if there are any."""
