"""Opens a pack with Python's safetensors and prints what it finds as JSON.

    python open_pack.py PACK

{"metadata": {...}, "tensors": {NAME: {"dtype": "F16", "shape": [3, 3, 16, 24], "sum": 1.25, "finite": true}}}

Names come sorted. dtype is the format's own name. sum is the float64 sum of the values, so that a
reader in another language can tell whether it reads the same numbers. A file that safetensors
refuses ends the program with status 1 and its message on one line.
"""

import json
import sys

import numpy
from safetensors import SafetensorError, safe_open


def describe(pack, name):
    values = pack.get_tensor(name).astype(numpy.float64)
    tensor = pack.get_slice(name)
    return {
        "dtype": tensor.get_dtype(),
        "shape": tensor.get_shape(),
        "sum": float(values.sum()),
        "finite": bool(numpy.isfinite(values).all()),
    }


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: open_pack.py PACK")
    try:
        with safe_open(sys.argv[1], framework="numpy") as pack:
            tensors = {name: describe(pack, name) for name in sorted(pack.keys())}
            found = {"metadata": pack.metadata(), "tensors": tensors}
    except (SafetensorError, OSError) as err:
        sys.exit(f"{sys.argv[1]}: {err}")
    json.dump(found, sys.stdout, allow_nan=False)
    print()


if __name__ == "__main__":
    main()
