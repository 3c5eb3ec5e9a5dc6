"""One thread, here and in programs that tests start: networks are tiny, and waiting threads cost more than they do."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
