"""The controller service: takes the agents' heartbeats, and runs what is due on its own ticks."""
