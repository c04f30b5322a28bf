# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is measured of a host, from files as a kernel writes them: a whole machine, and containers of both kinds."""

from __future__ import annotations

import os

import pytest
from ansible_collections.stackward.ops.plugins.module_utils import vitals

GIBIBYTE = 1 << 30


@pytest.fixture
def host(tmp_path):
    """A root folder with what every machine has."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(tmp_path)

    write(
        {
            "proc/stat": stat(busy=0, idle=0),
            "proc/meminfo": f"MemTotal: {8 * 1024 * 1024} kB\nMemFree: 0 kB\nMemAvailable: {6 * 1024 * 1024} kB\n",
            "proc/loadavg": "3.00 2.00 1.00 1/100 4711\n",
            "proc/mounts": "overlay / overlay rw 0 0\nproc /proc proc rw 0 0\n",
            "proc/1/stat": "",
            "proc/42/stat": "",
        }
    )
    return write


def stat(busy, idle, cores=2):
    """Seconds of processor time of the machine, as /proc/stat has them."""
    ticks = os.sysconf("SC_CLK_TCK")
    line = f"{busy * ticks} 0 0 {idle * ticks} 0 0 0 0 0 0"
    return "\n".join([f"cpu  {line}", *(f"cpu{number} {line}" for number in range(cores)), "intr 1"]) + "\n"


def measured(root, tmp_path, moments, meanwhile=lambda: None):
    """Measure at these moments, one after the other, and let something happen in between."""
    clock = iter(moments)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        meanwhile()

    found = vitals.measure(str(tmp_path / "remembered"), lambda: next(clock), sleep, root)
    return found, pauses


def test_the_first_look_measures_for_a_second(host, tmp_path):
    root = host({})
    found, pauses = measured(root, tmp_path, [100.0, 101.0], lambda: host({"proc/stat": stat(busy=1, idle=3)}))
    assert pauses == [vitals.PAUSE]
    assert (found["cpu"], found["memory"], found["load"], found["processes"]) == (25.0, 25.0, 1.5, 2)
    assert 0 <= found["disk"] <= 100


def test_the_next_look_has_the_mean_since_then_and_waits_for_nothing(host, tmp_path):
    root = host({})
    measured(root, tmp_path, [100.0, 101.0])
    host({"proc/stat": stat(busy=90, idle=30)})
    found, pauses = measured(root, tmp_path, [161.0])
    assert (found["cpu"], found["seconds"], pauses) == (75.0, 60.0, [])


@pytest.mark.parametrize("later", [102.0, 2000.0, 50.0])
def test_a_look_of_just_now_of_long_ago_or_of_another_boot_does_not_count(host, tmp_path, later):
    root = host({})
    measured(root, tmp_path, [100.0, 101.0])
    _found, pauses = measured(root, tmp_path, [later, later + 1], lambda: host({"proc/stat": stat(busy=1, idle=1)}))
    assert pauses == [vitals.PAUSE]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"at": 100}'])
def test_what_was_remembered_and_cannot_be_used_is_left_out(host, tmp_path, text):
    (tmp_path / "remembered").write_text(text)
    found, _pauses = measured(host({}), tmp_path, [130.0, 131.0], lambda: host({"proc/stat": stat(busy=1, idle=1)}))
    assert found["cpu"] == 50.0


def version_1(usage, quota=-1, used=GIBIBYTE, limit=1 << 62):
    group = "sys/fs/cgroup"
    return {
        "run/systemd/container": "podman",
        f"{group}/cpuacct/cpuacct.usage": f"{int(usage * 1e9)}\n",
        f"{group}/cpu/cpu.cfs_quota_us": f"{quota}\n",
        f"{group}/cpu/cpu.cfs_period_us": "100000\n",
        f"{group}/memory/memory.usage_in_bytes": f"{used}\n",
        f"{group}/memory/memory.limit_in_bytes": f"{limit}\n",
        f"{group}/memory/memory.stat": f"total_inactive_file {GIBIBYTE // 2}\n",
    }


def version_2(usage, quota="max", used=GIBIBYTE, limit="max"):
    group = "sys/fs/cgroup"
    return {
        "run/systemd/container": "docker",
        f"{group}/cpu.stat": f"usage_usec {int(usage * 1e6)}\nuser_usec 1\n",
        f"{group}/cpu.max": f"{quota} 100000\n",
        f"{group}/memory.current": f"{used}\n",
        f"{group}/memory.max": f"{limit}\n",
        f"{group}/memory.stat": f"anon 1\ninactive_file {GIBIBYTE // 2}\n",
    }


@pytest.mark.parametrize("files", [version_1, version_2])
def test_in_a_container_processor_time_is_its_own_against_its_limit(host, tmp_path, files):
    root = host(files(usage=0, quota=50000))
    found, _pauses = measured(root, tmp_path, [100.0, 110.0], lambda: host(files(usage=4, quota=50000)))
    assert found["cpu"] == 80.0


@pytest.mark.parametrize("files", [version_1, version_2])
def test_a_container_without_a_limit_is_measured_against_all_processors(host, tmp_path, files):
    root = host(files(usage=0))
    cores = len(os.sched_getaffinity(0))
    found, _pauses = measured(root, tmp_path, [100.0, 110.0], lambda: host(files(usage=cores * 5)))
    assert found["cpu"] == 50.0


@pytest.mark.parametrize("files", [version_1, version_2])
def test_the_memory_of_a_container_is_its_own_without_cached_files(host, tmp_path, files):
    limited, _pauses = measured(host(files(usage=0, limit=GIBIBYTE)), tmp_path, [100.0, 101.0])
    assert limited["memory"] == 50.0
    unlimited, _pauses = measured(host(files(usage=0)), tmp_path, [100.0, 101.0])
    assert unlimited["memory"] == 6.25


def test_a_limit_that_has_changed_begins_anew(host, tmp_path):
    measured(host(version_1(usage=0, quota=50000)), tmp_path, [100.0, 101.0])
    _found, pauses = measured(host(version_1(usage=1, quota=100000)), tmp_path, [130.0, 131.0])
    assert pauses == [vitals.PAUSE]


def test_no_time_is_no_percentage():
    assert vitals.cpu({"busy": 1, "whole": 5}, {"busy": 1, "whole": 5}) is None


def test_a_place_that_cannot_be_written_measures_all_the_same(host, tmp_path):
    found = vitals.measure(
        str(tmp_path / "nowhere" / "file"), iter([1.0, 2.0]).__next__, lambda _seconds: None, host({})
    )
    assert found["processes"] == 2
