"""Carries out what the planner decides: store and provider in the right order, no Ansible.

The collection's action plugins are thin shells around these functions; the crash tests drive them without Ansible.
"""
