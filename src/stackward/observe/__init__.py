"""Looks at instances from outside: over the network, through their peers, and by the provider's word."""
