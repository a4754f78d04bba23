"""Long searches for what breaks: run by hand; tests/test_campaigns.py runs a short form of each."""
