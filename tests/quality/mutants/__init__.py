"""Do the tests notice a broken line? Break each line of the layers on purpose and see.

    operators.py    the ways to break a line, found in the syntax tree
    spots.py        where a node of the tree stands in the text, and how to replace it
    mutant.py       a file with one spot changed
    equivalent.py   mutants that no test can notice, each with the reason
    runner.py       runs the tests against a mutant
    __main__.py     python -m tests.quality.mutants
"""
