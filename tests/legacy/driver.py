"""Runs several programs of the past one after the other, in one process, as `tsuno run` runs each.

    python driver.py PROGRAM ...

After each program comes a line with its name, `ok` or `failed` and the seconds it took. An error is shown as
`tsuno run` shows it.
"""

import os
import random
import sys
import tempfile
import time

import numpy as np

import tsuno
from tsuno.core import past
from tsuno.core.context import context
from tsuno.legacy import running, sessions


def main(programs):
    """Run the programs; returns how many failed."""
    failed = 0
    for program in [os.path.abspath(program) for program in programs]:
        start = time.perf_counter()
        result = "ok" if _runs(program) else "failed"
        failed += result == "failed"
        name = os.sep.join(program.split(os.sep)[-2:])
        print(f"\n== {name} {result} {time.perf_counter() - start:.1f}", flush=True)
    return failed


def _runs(program):
    """Run one program in a folder of its own, from the settings and seeds that a new process has."""
    sessions.clear_session()
    past.standalone, context.recording = False, None
    tsuno.config.set_floatx("float32")
    tsuno.config.set_image_data_format("channels_last")
    tsuno.utils.set_random_seed(0)
    random.seed(0)
    np.random.seed(0)
    path, modules = list(sys.path), set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            running.run(program)
            return True
        except BaseException:  # also `sys.exit`
            sys.excepthook(*sys.exc_info())
            return False
        finally:
            os.chdir("/")
            sys.path[:] = path
            # The next program imports them anew, as it would in a process of its own.
            for name in set(sys.modules) - modules:
                if name.partition(".")[0] in ("keras", "tensorflow", "tf_keras"):
                    del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
