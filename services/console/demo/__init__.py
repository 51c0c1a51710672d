"""The story: a county's published year, replayed over HTTP and counted again by a second path."""
