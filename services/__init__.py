"""Haoping (好评): the feedback engine of a government service network."""
