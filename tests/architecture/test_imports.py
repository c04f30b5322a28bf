import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import COLLECTION, PACKAGE, ROOT, imported, modules, place

LINT = Path(sys.executable).with_name("lint-imports")


def test_the_contracts_of_importlinter_are_kept():
    # In a process of its own: it silences every logger that was there before it.
    ran = subprocess.run([LINT, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


RUNS_ANSIBLE = PACKAGE / "controller" / "play.py"


def test_nothing_in_the_package_imports_ansible_but_the_controller_by_ansible_runner():
    assert {name.split(".")[0] for _, name in imported(RUNS_ANSIBLE)} & {"ansible", "ansible_runner"} == {
        "ansible_runner"
    }
    found = [
        f"{place(path, line)} imports {name}"
        for path in modules(PACKAGE)
        if path != RUNS_ANSIBLE
        for line, name in imported(path)
        if name.split(".")[0].startswith("ansible")
    ]
    assert found == []


def test_what_travels_to_hosts_imports_only_the_standard_library_and_ansible():
    plugins = COLLECTION / "plugins"
    ours = "ansible_collections.stackward.ops.plugins.module_utils."
    found = [
        f"{place(path, line)} imports {name}"
        for path in modules(plugins / "modules", plugins / "module_utils")
        for line, name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith(("ansible.module_utils.", ours, "apt.", "apt_pkg."))
        and name not in ("apt", "apt_pkg")
    ]
    assert found == []


def test_a_play_that_moves_no_instance_imports_nothing_that_decides_or_moves():
    plugins = "ansible_collections.stackward.ops.plugins"
    loaded = _loaded(f"{plugins}.inventory.stack", f"{plugins}.callback.journal")
    other = ("engine.claiming", "engine.machines", "healing", "layers", "planner", "rollout", "scaling", "simulator")
    assert "stackward.state.store" in loaded
    assert [name for name in loaded if name.startswith(tuple(f"stackward.{part}" for part in other))] == []


def test_the_provider_of_ec2_is_there_without_the_model_of_the_stack_file():
    loaded = _loaded("stackward.providers.ec2.provider")
    assert {"stackward.definition.model", "pydantic", "sqlalchemy"} & loaded == set()


def _loaded(*names: str) -> set[str]:
    """What a new interpreter has imported after these modules."""
    program = f"import sys, {', '.join(names)}; print(*sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.split())
