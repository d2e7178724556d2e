"""The environment for workers, and the report on what runs here."""

from pathlib import Path

import pytest

from knobwise.nn_core import blas

ZEN5 = {"vendor": "AuthenticAMD", "family": "26", "flags": "fma avx2 avx512f avx512bw avx512dq avx512vl avx512cd"}


def test_threads_are_set_and_the_users_setting_is_kept() -> None:
    wanted = blas.worker_environment(env={"OPENBLAS_NUM_THREADS": "3"})
    assert wanted["OMP_NUM_THREADS"] == wanted["MKL_NUM_THREADS"] == "1"
    assert "OPENBLAS_NUM_THREADS" not in wanted


@pytest.mark.parametrize(
    ("cpu", "detected", "kernel"),
    [
        (ZEN5, "Haswell", "SkylakeX"),
        (ZEN5, "SkylakeX", ""),
        ({**ZEN5, "family": "25"}, "Haswell", ""),
        ({**ZEN5, "flags": "fma avx2"}, "Haswell", ""),
        ({**ZEN5, "vendor": "GenuineIntel", "family": "6"}, "SkylakeX", ""),
        ({}, "unknown", ""),
    ],
)
def test_a_kernel_is_requested_only_where_detection_failed(cpu: dict[str, str], detected: str, kernel: str) -> None:
    assert blas.better_kernel(cpu, detected) == kernel


def test_cpu_facts(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nflags\t\t: fma avx2\n\nprocessor\t: 1\n"
    )
    assert blas.cpu_facts(file) == {"vendor": "AuthenticAMD", "family": "26", "flags": "fma avx2"}
    assert blas.cpu_facts(tmp_path / "none") == {}


def test_report_names_the_library() -> None:
    report = blas.report()
    assert report.keys() == {"library", "version", "kernel", "threads", "cpu"}
    if "openblas" in report["library"].lower():
        assert report["kernel"] != "unknown"
        assert report["threads"] >= 1
