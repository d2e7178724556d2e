"""Cyclic garbage is looked for seldom, and not at the end of a process."""

import contextlib
import gc
import subprocess
import sys

from knobwise.sweeps.engine.cli import gc as garbage


def test_it_is_collected_seldom_inside_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with contextlib.suppress(KeyError), garbage.seldom():
        assert gc.get_threshold() == (garbage.YOUNG, *before[1:])
        assert gc.isenabled(), "a long sweep must not keep all its garbage"
        raise KeyError
    assert gc.get_threshold() == before


def test_at_the_end_of_the_process_nothing_is_looked_at() -> None:
    program = """if True:
        import atexit, gc
        from knobwise.sweeps.engine.cli import gc as garbage
        atexit.register(lambda: print(gc.get_freeze_count() > 1000))  # the last one registered is the first called
        for _ in range(2):
            with garbage.seldom():
                print(gc.get_freeze_count() > 1000)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == ["False", "False", "True"]
