"""`python -m benchmarks` is `python -m benchmarks.core`."""

import sys

from benchmarks.core import main

sys.exit(main())
