"""A list of mutants that make no difference: {(file, function, before, after): the reason}."""


class Entries(dict):
    """The mutants of one room."""

    def add(self, file, function, before, reason, *afters):
        """List mutants of one line that share a reason."""
        for after in afters:
            self[file, function, before, after] = reason

    def add_changes(self, file, function, before, reason, *changes):
        """As add, but told by what is changed: pairs of a part of the line and what it becomes.

        ValueError: the line does not have this part, or has it twice.
        """
        for old, new in changes:
            if before.count(old) != 1:
                raise ValueError(f"expected one {old!r} in {before!r}")
            self.add(file, function, before, reason, before.replace(old, new))

    def add_codec_names(self, file, function, before):
        """List the mutants of the name of a codec."""
        for name in ("utf-8", "unicode_escape"):
            if f'"{name}"' in before:
                self.add(
                    file, function, before, "Python finds a codec whatever signs surround its name",
                    before.replace(f'"{name}"', f"'{name}_'"),
                )
