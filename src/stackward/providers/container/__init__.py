"""Hosts as containers of Podman or Docker: systemd, SSH, an own name, a stable address and a disk that stays."""
