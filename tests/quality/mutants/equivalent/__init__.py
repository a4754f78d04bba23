"""Mutants that no test can notice, because the change makes no difference, and why it makes none.

They are matched by file, function and text, not by the number of the line. Before an entry goes
in here, look for a test that tells the two apart: most survivors are a test that is missing. Each
room of the project has a file here; the doctor in common/tools/ has one of its own.
"""

from tests.quality.mutants.equivalent import (
    in_chapters, in_common, in_dataset, in_doctor, in_tools)

EQUIVALENT = {}
for room in (in_common, in_tools, in_doctor, in_dataset, in_chapters):
    EQUIVALENT |= room.ENTRIES
