"""State of an Apala server and its rules, without HTTP."""
