"""Resources beside machines: what the stack file wants of them, what is there, and what has to change."""
