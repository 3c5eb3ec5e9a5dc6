"""One thread, here and in programs that tests start: networks are tiny, and waiting threads cost more than they do."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import subprocess

import pytest
import runs

GO = os.environ | {"GOTOOLCHAIN": "auto", "GOEXPERIMENT": "simd"}


@pytest.fixture(scope="session")
def tools(tmp_path_factory):
    """convert and sample, built."""
    out = tmp_path_factory.mktemp("tools")
    done = subprocess.run(["go", "build", "-o", f"{out}/", "./tools/convert", "./tools/sample"], cwd=runs.ROOT, env=GO, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out
