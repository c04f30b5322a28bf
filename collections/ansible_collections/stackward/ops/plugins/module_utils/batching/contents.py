# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that bring the content of a file with them: what the controller's part of copy and template does, done here."""

from __future__ import annotations

import base64
import os
import stat
import tempfile

LARGEST_SHOWN = 104448
"""Bytes above which no difference is shown, as Ansible has it by default."""


class Content:
    """The content of one call of copy, in a file that the module takes as its source."""

    def __init__(self, encoded, arguments, folder):
        self._content = base64.b64decode(encoded)
        self.arguments = dict(arguments)
        self._place = place(arguments)
        descriptor, self.arguments["src"] = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._content)
        self._before = shown(self._place)

    def is_new(self):
        """Return whether there is nothing at the destination, so that check mode need not ask the module."""
        return not os.path.lexists(self._place)

    def difference(self):
        """Return what has changed, as it is shown to people."""
        difference = {"before_header": self._place, "after_header": self._place}
        after = _readable(self._content)
        if self._before is None or after is None:
            return {**difference, "before": "", "after": "(binary or too large to be shown)\n"}
        return {**difference, "before": self._before, "after": after}

    def forget(self):
        """Remove the file, if the module has not moved it."""
        if os.path.lexists(self.arguments["src"]):
            os.unlink(self.arguments["src"])


def place(arguments):
    """Return the path of the file that a call of copy writes."""
    # As Ansible reads paths.
    destination = os.path.expanduser(os.path.expandvars(arguments["dest"]))
    if destination.endswith("/") or os.path.isdir(destination):
        return os.path.join(destination, arguments.get("_original_basename") or "")
    return destination


def shown(path):
    """Return the text of a file, "" for one that is not there, None for one that cannot be shown."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode) or os.path.getsize(path) > LARGEST_SHOWN:
            return None
        with open(path, "rb") as file:
            return _readable(file.read())
    except FileNotFoundError:
        return ""
    except OSError:
        return None


def _readable(content):
    if len(content) > LARGEST_SHOWN or b"\0" in content:
        return None
    return content.decode("utf-8", "replace")
