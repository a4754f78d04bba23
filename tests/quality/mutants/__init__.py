"""Do the tests notice a broken line? Break each line of the code on purpose and see.

    operators.py    what is broken and what is not; the ways to break a statement
    expressions.py  the ways to break an expression
    tables.py       what is put in place of what
    spots.py        where a node of the tree stands in the text, and how to replace it
    mutant.py       a file with one spot changed
    equivalent/     mutants that no test can notice, each with the reason
    plan.py         finds the files, and the tests that are asked about each
    workshop.py     copies of the project, in which mutants are tried
    server.py       runs the tests in such a copy
    __main__.py     python -m tests.quality.mutants
"""
