"""Schedules in absolute time: windows over which something is wanted, computed anew at every look."""
