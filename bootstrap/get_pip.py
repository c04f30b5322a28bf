"""What ansible-test runs to put pip into an environment: Python's own copy of pip, then what is asked for.

It takes the place of a script that ansible-test would download from a server that not every network can reach.
"""

import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip", "--default-pip"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=True)
