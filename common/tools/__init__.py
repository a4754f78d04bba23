"""What a script needs around the learning; a first reading can skip it."""
