"""The models of chapter 2's papers, as the papers have them; the page is README.md."""
