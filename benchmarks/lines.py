"""Lines of code by folder, of Tsuno and of the installed Keras: without blank lines, comments, docstrings and tests."""

from __future__ import annotations

import ast
import importlib.util
import io
import tokenize
from collections import Counter
from pathlib import Path


def code_lines(path: Path) -> int:
    """The lines of a file that hold code."""
    text = path.read_text(encoding="utf-8")
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            skipped.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    nothing = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - skipped)


def by_folder(root: Path) -> Counter[str]:
    """Code lines by the first folder (or file) below `root`."""
    found: Counter[str] = Counter()
    for path in sorted(root.rglob("*.py")):
        if not path.name.endswith("_test.py") and path.name != "conftest.py":
            found[path.relative_to(root).parts[0].removesuffix(".py")] += code_lines(path)
    return found


def main() -> None:
    ours = by_folder(Path(__file__).parents[1] / "src" / "tsuno")
    spec = importlib.util.find_spec("keras")
    folders = spec.submodule_search_locations if spec else None
    theirs = by_folder(Path(folders[0]) / "src") if folders else Counter()
    print(f"{'folder':<16}{'Tsuno':>8}{'Keras':>9}")
    for name in sorted({*ours, *theirs}):
        print(f"{name:<16}{ours[name] or '':>8}{theirs[name] or '':>9}")
    print(f"{'all':<16}{sum(ours.values()):>8}{sum(theirs.values()):>9}")


if __name__ == "__main__":
    main()
