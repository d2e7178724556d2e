"""Imports a function by the name of its file or module."""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any


def imported(module: str, name: str) -> tuple[Callable[..., Any], Path]:
    """The function `name` of `module`, and the file that it is in.

    While the module is imported, and only then, its folder (for a module by name: the working directory) is first on
    Python's path, as for a script.

    Args:
        module: a file that ends in `.py`, or the name of a module that can be imported.
        name: of a callable in it.

    Raises:
        ValueError: there is none, or the module raises an error when it is run; one line.
    """
    by_file = module.endswith(".py")
    if not name.isidentifier() or not (by_file or all(part.isidentifier() for part in module.split("."))):
        raise ValueError(
            f"problem must be module:function, with a file that ends in .py or a module that can be imported, "
            f"got {f'{module}:{name}'!r}"
        )
    loaded = _of_file(module) if by_file else _of_name(module)
    function = getattr(loaded, name, None)
    if function is None:
        has = [each for each, value in vars(loaded).items() if inspect.isfunction(value) and not each.startswith("_")]
        raise ValueError(f"{module} must have a function {name!r}; it has {', '.join(sorted(has)[:10]) or 'none'}")
    if not callable(function):
        raise ValueError(f"{name} of {module} must be a function, got a value of type {type(function).__name__}")
    return function, _file_of(function, loaded, module)


def _of_file(file: str) -> ModuleType:
    path = Path(file)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ValueError(f"the file of a function must be one that can be read, got {file}: {error.strerror}") from None
    # A unique name, so that a file may be called `math.py`; the same for the same content.
    name = f"own_{path.stem}_{sha256(str(path.resolve()).encode() + source).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # before it runs, as the import statement does: dataclasses look their module up
    try:
        with _first_on_path(path.resolve().parent), _errors_in_one_line(file):
            # Compiled from its bytes: a cached .pyc of the same second could have another content.
            exec(compile(source, str(path), "exec"), vars(module))  # noqa: S102  running it is what was asked for
    except ValueError:
        del sys.modules[name]
        raise
    return module


def _of_name(name: str) -> ModuleType:
    with _first_on_path(Path.cwd()):
        importlib.invalidate_caches()  # the file may be new
        try:
            with _errors_in_one_line(name):
                return importlib.import_module(name)
        except ValueError as error:
            cause = error.__cause__
            if isinstance(cause, ModuleNotFoundError) and f"{name}.".startswith(f"{cause.name}."):
                file = name.replace(".", "/") + ".py"
                raise ValueError(
                    f"no module {name!r} can be imported; a file is named with its ending, {file}"
                ) from None
            raise


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    """`folder` is first on Python's path within the block."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextmanager
def _errors_in_one_line(module: str) -> Iterator[None]:
    """Any exception while the user's module is run becomes a ValueError of one line."""
    try:
        yield
    except (Exception, SystemExit) as error:  # the module is the user's: anything may be raised
        reason = " ".join(str(error).split())
        raise ValueError(f"{module} must run without an error, got {type(error).__name__}: {reason}") from error


def _file_of(function: Callable[..., Any], module: ModuleType, name: str) -> Path:
    """The file of the function's code; without code in Python, that of its module."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    for file in (getattr(code, "co_filename", None), getattr(module, "__file__", None)):
        if file and Path(file).is_file():
            return Path(file)
    raise ValueError(f"{name} must be a module that is a file, so that a change can be seen; it has none")
