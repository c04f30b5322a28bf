# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The library of module code that a module is given which starts itself anew with another interpreter."""

from __future__ import annotations

import os
import shutil
import zipfile


def completed(library, sources, folder):
    """Return a library with the modules of a batch, beside what was sent with it: a copy in C(folder)."""
    if library is None or not zipfile.is_zipfile(library):
        return library
    place = os.path.join(folder, "batch_library.zip")
    shutil.copyfile(library, place)
    with zipfile.ZipFile(place, "a") as file:
        known = set(file.namelist())
        for name, source in {"__init__": b"", **sources}.items():
            entry = f"ansible/modules/{name}.py"
            if entry not in known:
                file.writestr(entry, source)
    return place
