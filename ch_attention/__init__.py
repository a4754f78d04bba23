"""Chapter 2: the decoder looks back at every token of the source."""
