"""Load-based scaling on a fleet that exists only in memory: the real decision, any load, minute by minute."""
