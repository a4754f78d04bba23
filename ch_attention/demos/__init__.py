"""Demonstrations: one question, one script, one picture each."""
