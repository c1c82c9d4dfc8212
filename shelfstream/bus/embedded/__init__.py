"""The bus inside one process: a file for what must last, memory for pictures."""
