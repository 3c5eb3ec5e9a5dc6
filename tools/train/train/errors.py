"""The error that a user's input can cause: its message says what was read, what was wrong and what to do."""


class InputError(Exception):
    """Printed as one line without a traceback; the exit status is 1."""
