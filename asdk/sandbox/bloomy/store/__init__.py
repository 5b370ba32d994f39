"""State of a Bloom Growth server and its rules, without HTTP."""
