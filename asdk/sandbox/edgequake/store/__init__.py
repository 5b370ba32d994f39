"""State of the EdgeQuake server and its rules, without HTTP; only the handlers call it."""
