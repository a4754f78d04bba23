"""One thread for NumPy's matrix products.

The products in this project are small. Sharing one among two cores saves little on a quiet machine;
on a busy one each product waits for the slower core, and a training step has been seen to take ten
times as long. One thread takes its time whatever else is running.
"""

import os

# Which of these counts depends on the library that NumPy was built with.
VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread():
    """Ask for one thread, unless the user's environment asks for another number.

    NumPy reads the setting when it is first imported, so a script calls this before that; later
    it has no effect.
    """
    if not any(name in os.environ for name in VARIABLES):
        os.environ.update(dict.fromkeys(VARIABLES, "1"))
