"""What the user can type in the shell that this process was started from."""

import os
import shlex
import shutil
import sys
from pathlib import Path


def program(name: str) -> str:
    """The program `name` of this environment, as the user's shell finds it.

    Args:
        name: knobwise, python or mlflow.

    Returns:
        The bare name where PATH leads to this environment's program; otherwise its path, relative to the working
        directory where it lies inside. Quoted where the shell needs that.

    >>> program("no-such-program")
    'no-such-program'
    """
    folder = Path(sys.executable).parent
    ours, on_path = shutil.which(name, path=str(folder)), shutil.which(name)
    if ours is None:  # its scripts are elsewhere, as after `pip install --user`
        return name
    # A link on PATH, as pipx makes, leads into the folder; the environment's own python is a link out of it.
    if on_path and folder.resolve() in (Path(on_path).parent.resolve(), Path(on_path).resolve().parent):
        return name
    relative = os.path.relpath(ours)
    if relative.startswith(os.pardir + os.sep):
        return shlex.quote(ours)
    return shlex.quote(relative if os.sep in relative else f"{os.curdir}{os.sep}{relative}")
