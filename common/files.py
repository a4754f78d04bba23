"""Writing files so that nothing is lost."""

import os
from pathlib import Path


def write_atomically(path, write):
    """Call write(file) on a temporary binary file beside `path`, then let it take that name.

    Whoever reads `path`, and whenever the program is ended, finds the old file or the new one,
    never half of one.

    Raises:
        OSError: the file cannot be written; the old one is as it was.
    """
    path = Path(path)
    # A folder cannot be replaced, and a device such as /dev/null must not be.
    if path.exists() and not path.is_file():
        raise OSError(None, "not a regular file", str(path))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
