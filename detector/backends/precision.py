"""What a backend computes in."""

from enum import StrEnum


class Precision(StrEnum):
    """``F32`` gives every backend's maps to 1e-3; ``BF16`` is faster where the CPU has it, and is ``F32`` elsewhere."""

    F32 = "f32"
    BF16 = "bf16"
