"""The command line that the benchmarks share."""

import argparse


def parser(description: str) -> argparse.ArgumentParser:
    """A parser whose message for a bad command line is one line."""
    return argparse.ArgumentParser(description=description, usage=argparse.SUPPRESS, allow_abbrev=False)
