"""A function from a file or a module that is named in a text, and the file that it is in."""

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

    While the module is imported, and no longer, its folder (of a module by name: the working directory) is where Python
    looks first for other modules, as it is for a script.

    Args:
        module: a file that ends in `.py`, or the name of a module that can be imported.
        name: of something in it that can be called.

    Raises:
        ValueError: there is none, or what is there fails when it is run; one line.
    """
    by_file = module.endswith(".py")
    if not name.isidentifier() or not (by_file or all(part.isidentifier() for part in module.split("."))):
        raise ValueError(
            f"problem must be module:function, with a file that ends in .py or a module that can be imported, "
            f"got {f'{module}:{name}'!r}"
        )
    found = _of_file(module) if by_file else _of_name(module)
    function = getattr(found, name, None)
    if function is None:
        has = [each for each, value in vars(found).items() if inspect.isfunction(value) and not each.startswith("_")]
        raise ValueError(f"{module} must have a function {name!r}; it has {', '.join(sorted(has)[:10]) or 'none'}")
    if not callable(function):
        raise ValueError(f"{name} of {module} must be a function, got a value of type {type(function).__name__}")
    return function, _file_of(function, found, module)


def _of_file(file: str) -> ModuleType:
    path = Path(file)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise ValueError(f"the file of a function must be one that can be read, got {file}: {error.strerror}") from None
    # A name that nothing else has, so that `math.py` may be the name of a file; the same for the same content.
    name = f"own_{path.stem}_{sha256(str(path.resolve()).encode() + source).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # before it runs, as the import statement does: dataclasses look their module up
    try:
        with _looking_into(path.resolve().parent), _told(file):
            # By its bytes: a cached .pyc of the second before could be of another content.
            exec(compile(source, str(path), "exec"), vars(module))  # noqa: S102  running it is what was asked for
    except ValueError:
        del sys.modules[name]
        raise
    return module


def _of_name(name: str) -> ModuleType:
    with _looking_into(Path.cwd()):
        importlib.invalidate_caches()  # the file may be new
        try:
            with _told(name):
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
def _looking_into(folder: Path) -> Iterator[None]:
    """`folder` is where imports look first, within the block."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextmanager
def _told(module: str) -> Iterator[None]:
    """Whatever happens while the user's module is run becomes a ValueError of one line."""
    try:
        yield
    except (Exception, SystemExit) as error:  # the module is the user's: anything may be raised
        said = " ".join(str(error).split())
        raise ValueError(f"{module} must run without an error, got {type(error).__name__}: {said}") from error


def _file_of(function: Callable[..., Any], module: ModuleType, name: str) -> Path:
    """Where the function's code is; for one without code in Python, the file of its module."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    for file in (getattr(code, "co_filename", None), getattr(module, "__file__", None)):
        if file and Path(file).is_file():
            return Path(file)
    raise ValueError(f"{name} must be a module that is a file, so that a change can be seen; it has none")
