# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measures the machine that it runs on: CPU, memory, load average, disk, processes. The standard library only.

In a container, processor and memory are those of its control group, measured against its limit or, without one, against
the whole machine; the load average is always the machine's.
"""

from __future__ import annotations

import json
import os
import sys
import time

REMEMBERED = "/run/stackward-vitals.json"
"""Where the counters of the last look are, so that the CPU is the mean since then."""

SHORTEST, LONGEST = 5.0, 600.0
"""Seconds between two looks for which that is a mean worth having."""

PAUSE = 1.0
"""Seconds to measure over where there is no such look."""

_GROUPS = "/sys/fs/cgroup"
_NO_LIMIT = 1 << 60
_TICKS = os.sysconf("SC_CLK_TCK")


def measure(remembered=REMEMBERED, clock=time.monotonic, sleep=time.sleep, root="/"):
    """Return the vitals by name: cpu, memory and disk in percent, load a core, processes, and seconds of the mean."""
    before = _read_json(remembered)
    now = counters(root, clock())
    if before is None or not SHORTEST <= now["at"] - before.get("at", now["at"]) <= LONGEST or _other(before, now):
        before = now
        sleep(PAUSE)
        now = counters(root, clock())
    _write_json(remembered, now)
    return {
        "cpu": cpu(before, now),
        "memory": memory(root),
        "load": load(root),
        "disk": disk(root),
        "processes": sum(1 for name in os.listdir(os.path.join(root, "proc")) if name.isdigit()),
        "seconds": round(now["at"] - before["at"], 3),
    }


def _other(before, now):
    """Whether the counters are of another boot, another way to count, or went back."""
    return before.get("of") != now["of"] or any(now[key] < before.get(key, 0) for key in ("busy", "whole"))


def counters(root, at):
    """Return how many seconds of processor time were used, and how many there were, since some moment."""
    group = _group_usage(root)
    cores = _cores(root)
    if group is not None:
        usage, limit = group
        return {"at": at, "of": f"group of {limit or cores:g}", "busy": usage, "whole": at * (limit or cores)}
    fields = [int(field) / _TICKS for field in _text(root, "proc/stat").split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return {"at": at, "of": "machine", "busy": sum(fields) - idle, "whole": sum(fields)}


def cpu(before, now):
    """Return the percentage of processor time in use between two looks, None where no time has passed."""
    whole = now["whole"] - before["whole"]
    if whole <= 0:
        return None
    return round(min(100.0, max(0.0, 100.0 * (now["busy"] - before["busy"]) / whole)), 2)


def memory(root):
    """Return the percentage of memory in use; what only caches files counts as free."""
    known = {}
    for line in _text(root, "proc/meminfo").splitlines():
        name, _colon, rest = line.partition(":")
        known[name] = int(rest.split()[0]) * 1024
    total = known["MemTotal"]
    group = _group_memory(root)
    if group is not None:
        used, limit = group
        return round(min(100.0, 100.0 * used / min(limit, total)), 2)
    return round(100.0 * (total - known["MemAvailable"]) / total, 2)


def load(root):
    """Return the load average of the last minute, for each core of the machine."""
    return round(float(_text(root, "proc/loadavg").split()[0]) / _machine_cores(root), 3)


def disk(root):
    """Return the percentage in use of the fullest file system on a disk."""
    found = []
    for line in _text(root, "proc/mounts").splitlines():
        device, place = line.split(" ")[:2]
        path = os.path.join(root, place.encode().decode("unicode_escape").lstrip("/"))
        if place != "/" and not (device.startswith("/dev/") and os.path.isdir(path)):
            continue
        try:
            size = os.statvfs(path)
        except OSError:
            continue
        usable = size.f_blocks - size.f_bfree + size.f_bavail
        if usable:
            found.append(100.0 * (size.f_blocks - size.f_bfree) / usable)
    return round(max(found), 2) if found else None


def _cores(root):
    """Return how many processors this may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return _machine_cores(root)


def _machine_cores(root):
    return max(1, sum(1 for line in _text(root, "proc/stat").splitlines() if line[:3] == "cpu" and line[3:4].isdigit()))


def _contained(root):
    """Whether this is a container, where what is measured of the machine says nothing of this host."""
    return os.path.exists(os.path.join(root, "run/systemd/container"))


def _group_usage(root):
    """Return seconds of processor time of this container, and how many processors it may use (0: all)."""
    if not _contained(root):
        return None
    usage = _number(root, "cpuacct/cpuacct.usage")
    if usage is not None:
        quota, period = _number(root, "cpu/cpu.cfs_quota_us"), _number(root, "cpu/cpu.cfs_period_us")
        return usage / 1e9, (quota / period if quota and quota > 0 and period else 0.0)
    for line in _text(root, _GROUPS.lstrip("/") + "/cpu.stat").splitlines():
        if line.startswith("usage_usec "):
            words = _text(root, _GROUPS.lstrip("/") + "/cpu.max").split()
            limited = len(words) == 2 and words[0].isdigit()
            return int(line.split()[1]) / 1e6, (int(words[0]) / int(words[1]) if limited else 0.0)
    return None


def _group_memory(root):
    """Return bytes in use by this container and its limit."""
    if not _contained(root):
        return None
    used, limit = _number(root, "memory/memory.usage_in_bytes"), _number(root, "memory/memory.limit_in_bytes")
    folder, cached = "memory/memory.stat", "total_inactive_file"
    if used is None:
        used, limit = _number(root, "memory.current"), _number(root, "memory.max")
        folder, cached = "memory.stat", "inactive_file"
    if used is None:
        return None
    for line in _text(root, os.path.join(_GROUPS.lstrip("/"), folder)).splitlines():
        if line.startswith(cached + " "):
            used = max(0, used - int(line.split()[1]))
    return used, _NO_LIMIT if limit is None else limit


def _number(root, name):
    """Return the number in a file of the control group, None where there is none."""
    text = _text(root, os.path.join(_GROUPS.lstrip("/"), name)).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _text(root, name):
    try:
        with open(os.path.join(root, name), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _write_json(path, data):
    """Remember the counters for the next look; a host where that is not possible measures for a second each time."""
    new = f"{path}.{os.getpid()}"
    try:
        with open(new, "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(new, path)
    except OSError:
        return


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
