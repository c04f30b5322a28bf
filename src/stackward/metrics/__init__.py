"""What was measured on instances, and how long it is kept."""
