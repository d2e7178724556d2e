"""A contender's own process: `python -m benchmarks.sweeping NAME WORK` prints what it measured, as a line of JSON."""

import json
import os
import sys

from benchmarks.sweeping import Work, load


def main(name: str, work: str) -> None:
    """Do the work. Whatever libraries print goes to stderr, so that the answer stays clean."""
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    measured = load(name).run(Work(**json.loads(work)))
    answer.write(json.dumps(measured) + "\n")
    answer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
