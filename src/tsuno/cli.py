"""The command line: `tsuno run PROGRAM`, `tsuno convert IN OUT`, `tsuno summary FILE`, `tsuno inspect FILE`.

Each command is a function of its arguments; what goes wrong in one is a sentence, never a traceback. What a file is,
its contents say; what is written, the ending of its name.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import tsuno

_EXAMPLES = """examples:
  tsuno run old_program.py --its-own arguments
  tsuno convert old.h5 new.keras
  tsuno convert model.keras model.onnx
  tsuno convert my.weights.h5 model.keras --model model.json
  tsuno summary model.keras --inspect
  tsuno inspect model.keras --inputs photos/
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code, which is 0, or 1 after an error.

    Args:
        arguments: what stands after `tsuno`; those of the process by default.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["run"] and given[1:] not in ([], ["-h"], ["--help"]):
        # A program has its own arguments, its own errors, and its own way to end.
        importlib.import_module("tsuno.legacy.running").run(given[1], given[2:])
        return 0
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *rest: _say(str(message))
            options = _parser().parse_args(given)
            options.command(options)
        sys.stdout.flush()
    except BrokenPipeError:  # `tsuno summary FILE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        _say("stopped.")
        return 1
    except Exception as problem:
        expected = isinstance(problem, (ValueError, OSError, ImportError, NotImplementedError, TypeError))
        _say(str(problem) if expected and str(problem) else f"{type(problem).__name__}: {problem}")
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the commands."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; see `{self.prog} --help`.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        "tsuno", description="Run old programs; look into files of models, and turn them into others.", epilog=_EXAMPLES
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--version", action="version", version=f"tsuno {tsuno.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    custom = _Parser(add_help=False)
    custom.add_argument(
        "--custom",
        metavar="MODULE_OR_FILE.py",
        help="Python with your own classes and functions, which is imported because you say so",
    )

    run = commands.add_parser("run", help="run a program written for an earlier Keras or TensorFlow, as it is")
    run.add_argument("program", metavar="PROGRAM.py", help="the program; `import keras` and the like mean Tsuno there")
    run.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="what the program finds in `sys.argv`")

    convert = commands.add_parser(
        "convert", help="write a file in another format", description=_convert.__doc__, parents=[custom]
    )
    convert.add_argument("source", metavar="IN", help="a file or folder of any format and age that Tsuno reads")
    convert.add_argument("target", metavar="OUT", help=f"where to: a name that ends in {_listed(_WRITERS)}")
    convert.add_argument("--model", metavar="FILE", help="the model that weights are for, if IN has nothing else")
    convert.add_argument("--max-shard-size", type=float, metavar="GB", help="the most gigabytes of one file of weights")
    convert.set_defaults(command=_convert)

    summary = commands.add_parser(
        "summary", help="show what a file has in it", description=_summary.__doc__, parents=[custom]
    )
    summary.add_argument("source", metavar="FILE", help="a file or folder of any format and age that Tsuno reads")
    summary.add_argument(
        "--inspect", action="store_true", help="build nothing: list classes, arrays, assets, checksums"
    )
    summary.set_defaults(command=_summary)

    page = commands.add_parser(
        "inspect", help="open a page to look inside a model", description=_inspect.__doc__, parents=[custom]
    )
    page.add_argument("source", metavar="FILE", help="a file or folder of any format and age that Tsuno reads")
    page.add_argument("--inputs", metavar="FOLDER", help="pictures, .npy, .txt or .wav files to put in")
    page.add_argument("--classes", metavar="FILE.txt", help="the names of classes, one a line")
    page.add_argument("--top", type=int, default=5, metavar="N", help="how many classes a prediction names")
    page.add_argument("--compare", metavar="FILE", help="a second model of the same inputs")
    page.add_argument("--port", type=int, default=0, help="the port; a free one by default")
    page.add_argument("--language", choices=("en", "ja"), help="the language of the page; the browser's by default")
    page.add_argument("--no-browser", action="store_true", help="only print the address")
    page.set_defaults(command=_inspect)
    return parser


# ---------------------------------------------------------------------- commands


def _convert(options: argparse.Namespace) -> None:
    """Write a model or weights in the format that the name OUT asks for."""
    source, target = Path(options.source), Path(options.target)
    ending = _ending(target)
    if options.max_shard_size is not None and not ending.startswith(".weights"):
        raise ValueError(f"Only files of weights are divided: --max-shard-size is not for {ending!r}.")
    has_model = tsuno.saving.inspect(source).has_model
    if not has_model and options.model is None:
        _convert_weights(source, target, ending)
    elif has_model and _is_text(source) and ending not in _TEXTS:
        raise ValueError(
            f"{str(source)!r} describes a model without weights: give the file of its weights as IN, and this as "
            f"--model {source}."
        )
    elif has_model and options.model is not None:
        raise ValueError(f"{str(source)!r} has a model: --model is for files that have weights only.")
    else:
        custom = _custom_objects(options.custom)
        model = _model(source if has_model else Path(options.model), custom, compile=ending not in _FOR_INFERENCE)
        if not has_model:
            model.load_weights(source)
        _WRITERS[ending](model, target, options)
    written = target.name
    if options.max_shard_size is not None:
        written = f"{written.removesuffix(ending)}.weights.json and the files that it names"
    print(f"Wrote {target.with_name(written)}.")


def _convert_weights(source: Path, target: Path, ending: str) -> None:
    """Write weights without a model: the same arrays under the same paths."""
    if ending not in (".weights.h5", ".safetensors"):
        raise ValueError(
            f"{str(source)!r} has weights only: a {ending!r} file needs the model that they are for; pass it with "
            f"--model FILE (a .json, .yaml, .keras or .h5 file)."
        )
    try:
        tree, names, _, _ = tsuno.saving.editor.read_tree(source)
    except ValueError as problem:
        raise ValueError(f"{problem} For that, pass the model with --model FILE.") from None
    tsuno.saving.editor.write_tree(tree, names, target)


def _summary(options: argparse.Namespace) -> None:
    """Print the table of a model's layers, or that of the arrays of a file which has weights only."""
    source = Path(options.source)
    with tsuno.saving.custom_object_scope(_custom_objects(options.custom)):
        found = tsuno.saving.inspect(source)
        if options.inspect or not found.has_model:
            print(found)
            return
        try:
            model = _model(source, {}, compile=False)
        except ValueError as problem:
            raise ValueError(f"{problem} (`tsuno summary {source} --inspect` shows it without building it.)") from None
        model.summary()


def _inspect(options: argparse.Namespace) -> None:
    """Open a page to look inside a model: its graph, what its layers make of an input, its weights, and why.

    The page is served on this machine only, until Ctrl-C.
    """
    classes = None if options.classes is None else Path(options.classes).read_text("utf-8").splitlines()
    custom = _custom_objects(options.custom)
    models = [None if path is None else _model(Path(path), custom, False) for path in (options.source, options.compare)]
    tsuno.inspect(
        models[0], options.inputs, classes, options.top, compare=models[1], port=options.port,
        language=options.language, open_browser=not options.no_browser, block=True,
    )  # fmt: skip


# ---------------------------------------------------------------------- files


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in _TEXTS


def _model(path: Path, custom: dict[str, Any], compile: bool) -> Any:
    """The model of a file of any kind."""
    if not _is_text(path):
        return tsuno.saving.load_model(path, custom, compile)
    read = tsuno.saving.model_from_json if path.suffix.lower() == ".json" else tsuno.saving.model_from_yaml
    return read(path.read_text("utf-8"), custom)


def _custom_objects(given: str | None) -> dict[str, Any]:
    """The classes and functions of a module that the user names, by name."""
    if given is None:
        return {}
    if given.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(given).stem, given)
        if spec is None or spec.loader is None or not Path(given).is_file():
            raise FileNotFoundError(f"There is no file {given!r} for --custom.")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(given)
    own = (each for each in vars(module).items() if getattr(each[1], "__module__", None) == module.__name__)
    return {name: value for name, value in own if callable(value)}


def _write_text(path: Path, text: str) -> None:
    tsuno.saving.atomic.write_file(path, lambda file: file.write(text.encode()))


def _save(model: Any, path: Path, options: argparse.Namespace) -> None:
    model.save(path)


def _save_weights(model: Any, path: Path, options: argparse.Namespace) -> None:
    model.save_weights(path, max_shard_size=options.max_shard_size)


def _export(model: Any, path: Path, options: argparse.Namespace) -> None:
    tsuno.export.export_model(model, path, verbose=False)


_WRITERS: dict[str, Callable[[Any, Path, argparse.Namespace], None]] = {
    ".keras": _save,
    ".weights.h5": _save_weights,
    ".weights.json": _save_weights,
    ".safetensors": _save_weights,
    ".h5": _save,
    ".hdf5": _save,
    ".json": lambda model, path, options: _write_text(path, model.to_json()),
    ".yaml": lambda model, path, options: _write_text(path, model.to_yaml()),
    ".yml": lambda model, path, options: _write_text(path, model.to_yaml()),
    ".onnx": _export,
    ".stablehlo": _export,
}
"""What writes a file by the ending of its name; of two that fit, the first is meant."""
_TEXTS = (".json", ".yaml", ".yml")
_FOR_INFERENCE = (".safetensors", ".onnx", ".stablehlo")


def _ending(path: Path) -> str:
    for ending in _WRITERS:
        if path.name.endswith(ending):
            return ending
    raise ValueError(f"{path.name!r} does not say what to write: its name must end in {_listed(_WRITERS)}.")


def _listed(names: Any) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}"


def _say(text: str) -> None:
    line = " ".join(text.split())
    print("tsuno:", "".join(sign if sign.isprintable() else "?" for sign in line), file=sys.stderr)
