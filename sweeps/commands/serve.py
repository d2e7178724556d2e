"""Serve a study's champion over HTTP.

Usage: knobwise serve STUDY [options]

    knobwise serve lr_epochs
    knobwise serve lr_epochs --port 5002

MLflow's scoring server, in this process and on this environment's packages: rows are sent to /invocations as JSON or
CSV, as to `mlflow models serve`. A cell that the model cannot take is refused with status 400, its column and its row.
Ctrl-C ends it.

Options:
  --port N      where it listens; 0 for any that is free (>= 0) [5001]
  --host HOST   the address that it listens on; 0.0.0.0 for all of this machine [127.0.0.1]
"""

import contextlib
import json
import shlex
import socket
import sys
from typing import TYPE_CHECKING

from knobwise.experiments import shell
from knobwise.experiments.model import json_cells, package
from knobwise.experiments.model.champion import as_default
from knobwise.experiments.model.choice import Choice, choose
from knobwise.experiments.record.connection import store_errors
from knobwise.experiments.record.errors import CompareError
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.workers.interrupts import Interrupts

if TYPE_CHECKING:
    from fastapi import FastAPI
    from mlflow.pyfunc import PyFuncModel

MOST_PORTS = 2**16 - 1


def main(given: Given) -> int:
    """Serve until a signal comes; returns 130 after Ctrl-C, 143 after SIGTERM and 129 after SIGHUP."""
    listener = _listener(given.get("--host", "127.0.0.1"), given.get("--port", 5001))
    with contextlib.closing(listener), Interrupts() as interrupts:
        try:
            choice = choose(given["STUDY"])
        except CompareError as error:
            raise BadInput(str(error)) from None
        if choice.champion is None:
            raise BadInput(
                f"study must be one with a champion, got {choice.study.study!r}, which has none; "
                f"`{shell.program('knobwise')} retrain {shlex.quote(choice.study.study)}` makes one"
            )
        app = _app(_loaded(choice, choice.champion.uri))
        if not interrupts.signal:
            _serve(app, listener, choice, interrupts)
        return interrupts.exit_code


def _listener(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        BadInput: nothing can listen there.
    """
    if port > MOST_PORTS:  # getaddrinfo would take the rest of it
        raise BadInput(f"--port must be a whole number from 0 to {MOST_PORTS}, got {port}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"--host and --port must be where it can listen, got {host}:{port}: {reason}") from None


def _loaded(choice: Choice, uri: str) -> "PyFuncModel":
    """The registered model, ready to be asked.

    Raises:
        StoreError: its files are gone, or cannot be read.
    """
    import mlflow

    with store_errors(choice.uri, f"cannot load the champion of {choice.study.study!r} from"), as_default(choice.uri):
        model: PyFuncModel = mlflow.pyfunc.load_model(uri)
    return model


def _app(model: "PyFuncModel") -> "FastAPI":
    """MLflow's scoring server, behind a check of the cells that it would cast to numbers."""
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse, Response
    from mlflow.pyfunc import scoring_server
    from mlflow.types import DataType

    app: FastAPI = scoring_server.init(model)
    schema = model.metadata.get_input_schema()  # type: ignore[no-untyped-call]
    numbers = [column.name for column in schema.inputs if column.type == DataType.double]

    async def check(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if "json" in request.headers.get("content-type", ""):
            reason = json_cells.refusal(await request.body(), numbers)
            if reason:
                return JSONResponse({"error_code": "INVALID_PARAMETER_VALUE", "message": reason}, 400)
        return await call_next(request)

    app.middleware("http")(check)
    return app


def _serve(app: "FastAPI", listener: socket.socket, choice: Choice, interrupts: Interrupts) -> None:
    """Answer requests until SIGINT, SIGTERM or SIGHUP; those under way are finished."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    rows = package.example(choice.model).head(1).to_dict("records")
    body = shlex.quote(json.dumps({"dataframe_records": rows}, ensure_ascii=False))
    sys.stderr.write(
        f"Serving {choice.label}, at {url}; Ctrl-C ends it. To ask it:\n"
        f"curl {url}/invocations -H 'Content-Type: application/json' -d {body}\n"
    )
    sys.stderr.flush()

    def stop() -> None:
        server.should_exit = True

    interrupts.then = stop  # of SIGHUP; for the others it puts its own handlers in place, and passes them on at the end
    server.run(sockets=[listener])
