"""The models of chapter 1's papers, as the papers have them; the page is README.md."""
