"""`haoping backup` and `haoping restore`: everything in the database, taken while it is used."""
