"""A plan, changes of resources, and what scaling and healing decide, in words."""
