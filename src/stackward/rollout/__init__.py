"""How a release reaches the instances of an app: in which batches, whose turn it is, and what a failure ends."""
