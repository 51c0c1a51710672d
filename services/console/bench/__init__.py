"""`haoping bench`: what it costs and how fast it is, always beside something that does the same."""
