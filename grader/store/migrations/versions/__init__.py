"""One file is one step from a version of the schema to the next."""
