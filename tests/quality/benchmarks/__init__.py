"""What measures time and memory; nothing here runs in the test suite."""
