"""Parts of pages as HTML: pure functions from what is known to text."""
