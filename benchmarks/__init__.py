"""Comparisons that print ratios: each side is measured in turn with the other, in one run on one machine."""
