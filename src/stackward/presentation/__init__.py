"""A plan, and what scaling and healing decide, in words: the same in playbooks and on the command line."""
