"""The engine that runs sweeps: asks Optuna, keeps workers busy, records in MLflow, reports.

A sweep's script needs two names of it:

    from sweeps.engine import Sweep, main
"""

from sweeps.engine.command import main
from sweeps.engine.sweep import Sweep

__all__ = ["Sweep", "main"]
