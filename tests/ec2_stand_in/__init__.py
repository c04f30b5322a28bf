"""A small Amazon EC2 for tests: it speaks the real protocol, keeps the promises of tokens, and fails on demand."""
