"""What is done about instances that have failed: pure functions of what was seen, what is known, and the time."""
