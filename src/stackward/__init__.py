"""Stacks of ordinary Linux machines: lifecycle events, scaling and healing, built on Ansible."""

__version__ = "0.1.0"
