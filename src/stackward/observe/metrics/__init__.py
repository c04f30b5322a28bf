"""Sources of measurements: adapters behind one contract."""
