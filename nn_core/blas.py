"""The library behind NumPy's matrix products: which one it is, and the environment to start workers in.

OpenBLAS reads its settings once, when NumPy is first imported. So they are set in a worker's environment before it
starts, and cannot be changed in a running program.
"""

import ctypes
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
KERNEL = "OPENBLAS_CORETYPE"


def worker_environment(threads: int = 1, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables to set before a worker imports NumPy: `threads` BLAS threads, and the kernel where that helps.

    Small products gain nothing from a second thread, and workers with several threads each compete for the cores.
    Variables that the user has set already are not changed and not returned.
    """
    variables = {name: str(threads) for name in THREADS}
    kernel = better_kernel(cpu_facts(), report()["kernel"])
    if kernel:
        variables[KERNEL] = kernel
    return {name: value for name, value in variables.items() if name not in env}


def better_kernel(cpu: Mapping[str, str], detected: str) -> str:
    """The OpenBLAS kernel to request, or "" where OpenBLAS's own choice is good.

    OpenBLAS can detect a new AMD chip with AVX-512 as a Haswell, and then uses half its vector width: 115 GFLOP/s a
    core on one such chip, 200 with the kernel for SkylakeX. On Zen 4 (family 25), whose units are half as wide, both
    kernels are about as fast, so one is requested only from family 26 on.

    Args:
        cpu: `vendor`, `family` and `flags` as in `/proc/cpuinfo`.
        detected: the kernel that OpenBLAS runs now.
    """
    wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"} <= set(cpu.get("flags", "").split())
    zen5_or_later = cpu.get("vendor") == "AuthenticAMD" and int(cpu.get("family") or 0) >= 26
    return "SkylakeX" if wide and zen5_or_later and detected in ("Haswell", "Zen") else ""


def cpu_facts(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """`vendor`, `family`, `model` and `flags` of the first processor; empty where there is no `/proc/cpuinfo`."""
    names = {"vendor_id": "vendor", "cpu family": "family", "model name": "model", "flags": "flags"}
    facts: dict[str, str] = {}
    if cpuinfo.exists():
        for line in cpuinfo.read_text().split("\n\n")[0].splitlines():
            key, _, value = line.partition(":")
            if key.strip() in names:
                facts[names[key.strip()]] = value.strip()
    return facts


def report() -> dict[str, Any]:
    """What runs NumPy's matrix products on this machine: `library`, `version`, `kernel`, `threads`, and the `cpu`.

    `kernel` and `threads` are "unknown" and 0 for a library other than the OpenBLAS in NumPy's wheel.
    """
    build = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    library = _bundled_openblas()
    return {
        "library": build.get("name", "unknown"),
        "version": build.get("version", "unknown"),
        "kernel": _call(library, "get_corename", ctypes.c_char_p, b"unknown").decode(),
        "threads": int(_call(library, "get_num_threads", ctypes.c_int, 0)),
        "cpu": cpu_facts().get("model") or platform.processor() or platform.machine(),
    }


def _bundled_openblas() -> ctypes.CDLL | None:
    """The OpenBLAS in NumPy's wheel. It is loaded already, so opening it gives the same copy."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in sorted(folder.glob("*openblas*")):
            return ctypes.CDLL(str(file))
    return None


def _call(library: ctypes.CDLL | None, name: str, kind: Any, default: Any) -> Any:
    """The result of OpenBLAS's function `name`, by the spelling that this build has; `default` where it has none."""
    for spelling in (f"scipy_openblas_{name}64_", f"scipy_openblas_{name}", f"openblas_{name}64_", f"openblas_{name}"):
        if hasattr(library, spelling):
            function = getattr(library, spelling)
            function.restype = kind
            return function()
    return default
