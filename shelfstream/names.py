"""Names of files as texts that every terminal, file and program takes."""

import os


def shown_name(name: str) -> str:
    r"""The name with bytes that are no UTF-8 written as ``\xfc``; all other names stay as they are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
