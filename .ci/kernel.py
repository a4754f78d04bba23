"""Print which kernel NumPy's OpenBLAS multiplies matrices with: SkylakeX, Haswell, Nehalem ...

The kernel that OPENBLAS_CORETYPE names may not be the one that runs: a library has some of them
only, and takes a near one for the others (SkylakeX for Cooperlake, Haswell for Zen).
Prescott calls itself Katmai in some versions.
"""

import ctypes
import sys

import numpy

with open("/proc/self/maps", encoding="utf-8") as maps:
    paths = {line.split()[-1] for line in maps if "openblas" in line.lower()}
for path in sorted(paths):
    library = ctypes.CDLL(path)
    for prefix in ("", "scipy_"):
        for suffix in ("", "64_"):
            get_corename = getattr(library, f"{prefix}openblas_get_corename{suffix}", None)
            if get_corename is not None:
                get_corename.restype = ctypes.c_char_p
                print(get_corename().decode())
                sys.exit()
sys.exit(f"NumPy {numpy.__version__} has loaded no OpenBLAS: {sorted(paths)}")
