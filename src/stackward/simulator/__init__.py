"""A fleet that exists only in memory, moved by the same engine as a real one."""
