# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small JSON files that survive a crash at any moment: whole, as before or as after."""

from __future__ import annotations

import json
import os

from .outcome import Failed


def read(path, otherwise, advice):
    """Return what a file holds, or C(otherwise) where there is none. Raises Failed with the advice if it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return otherwise
    except ValueError as error:
        raise Failed(f"{path} is damaged ({error}); {advice}") from error


def write(path, data):
    """Put data in a file of root's own; it is on disk when this returns."""
    candidate = f"{path}.new"
    with open(os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    os.replace(candidate, path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
