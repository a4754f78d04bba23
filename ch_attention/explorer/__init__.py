"""The explorer: a trained model alive in one HTML page, which make_page.py writes."""
