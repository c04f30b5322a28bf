"""Which instances are wanted, and why: pure functions of the stack file, what is known, and the moment."""
