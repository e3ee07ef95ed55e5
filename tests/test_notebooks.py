"""Notebooks run from their first cell to their last, and the images that serve them are made of what there is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from surroundings import QUICKLY

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    program = tmp_path / "notebook.py"
    program.write_text("\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), "utf-8")
    environment = {**os.environ, **QUICKLY, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, program.name], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert all(cell["cell_type"] != "code" or not cell["outputs"] for cell in cells), (
        "notebooks are kept without results"
    )
    if path.stem.startswith("03"):
        slope, intercept = map(float, done.stdout.splitlines()[-1].split())
        assert abs(slope - 3) < 1e-2 and abs(intercept + 2) < 1e-4


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_images_are_made_of_what_there_is(kind):
    text = (ROOT / "docker" / f"{kind}.Dockerfile").read_text()
    copied = [name for line in re.findall(r"^COPY (?:--\S+ )?(.+)$", text, re.M) for name in line.split()[:-1]]
    assert copied and all((ROOT / name).exists() for name in copied)
    extras = re.search(r'pip install \S* ?"\.\[(.+?)\]"', text)[1].split(",")
    project = (ROOT / "pyproject.toml").read_text()
    assert all(re.search(rf"^{extra} = ", project, re.M) for extra in extras)
    assert os.access(ROOT / "docker" / "start.sh", os.X_OK)
