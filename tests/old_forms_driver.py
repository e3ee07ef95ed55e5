"""Runs old code, many pieces in one process, each as `tsuno run` would run a program; prints what came of each.

    python old_forms_driver.py FIRST STEP

Of the rows in `old_forms.py` those at FIRST, FIRST + STEP, … are run. Each result is one line of JSON: the row's place, what failed
(or null), the seconds, and the notes about old forms as `[file, line, text]`.
"""

import contextlib
import io
import json
import os
import random
import sys
import tempfile
import time
import traceback
import warnings

import numpy as np
from old_forms import FORMS

import tsuno
from tsuno.core import past, seeds
from tsuno.core.context import context
from tsuno.legacy import notices, sessions

NAME = "prog.py"


def refused(call, *words):
    """Check that a call is refused in one sentence or two, which have these words."""
    try:
        call()
    except Exception as error:
        said = f"{error.args[0] if error.args else ''}"
        assert said and "\n" not in said.strip() and len(said) < 500, f"not one sentence: {error!r}"
        missing = [word for word in words if word.lower() not in said.lower()]
        assert not missing, f"{missing} not in {error!r}"
        return
    raise AssertionError("nothing was refused")


def close(found, expected, tolerance=1e-5):
    """Check that numbers agree."""
    np.testing.assert_allclose(np.asarray(found), expected, tolerance, tolerance)


def run(code):
    """Run old code; returns what failed, or None, and the notes."""
    reset()
    done = compile(code, NAME, "exec")
    known = {"np": np, "refused": refused, "close": close, "today": tsuno, "__name__": "__main__"}
    shown = io.StringIO()
    with warnings.catch_warnings(record=True) as seen, tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", notices.OldForm)
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(shown):
                exec(done, known)
            failed = None
        except BaseException:
            failed = traceback.format_exc()
        finally:
            os.chdir("/")
    return failed, [
        [each.filename, each.lineno, str(each.message)] for each in seen if each.category is notices.OldForm
    ]


def reset():
    """Everything as in a new process."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("keras", "tensorflow", "tf_keras", "keras_preprocessing", "keras_applications"):
            del sys.modules[name]
    past.standalone, context.recording = False, None
    notices._said.clear()
    sessions.clear_session()
    tsuno.config.set_floatx("float32")
    tsuno.config.set_image_data_format("channels_last")
    seeds._stream = None
    random.seed(0)
    np.random.seed(0)


if __name__ == "__main__":
    tsuno.legacy.install()
    first, step = int(sys.argv[1]), int(sys.argv[2])
    wanted = sys.argv[3] if len(sys.argv) > 3 else ""
    for place in range(first, len(FORMS), step):
        if wanted in f"{FORMS[place].row} {FORMS[place].old}":
            start = time.perf_counter()
            failed, notes = run(FORMS[place].code)
            spent = round(time.perf_counter() - start, 2)
            print(json.dumps({"place": place, "failed": failed, "notes": notes, "seconds": spent}), flush=True)
