"""The engine that runs sweeps: asks Optuna, keeps workers busy, records in MLflow, reports.

A sweep's script needs two names of it:

    from knobwise.sweeps.engine import Sweep, main
"""

from knobwise.sweeps.engine.cli.command import main
from knobwise.sweeps.engine.sweep import Sweep

__all__ = ["Sweep", "main"]
