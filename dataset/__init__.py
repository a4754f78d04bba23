"""Pairs of texts to learn from: vocabulary, pair files and batches, and two generators."""
