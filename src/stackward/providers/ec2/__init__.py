"""Machines on Amazon EC2, through botocore."""
