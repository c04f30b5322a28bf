"""The command line: reads what the engine knows, and runs the collection's playbooks."""
