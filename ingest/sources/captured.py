"""What a source gives: pictures, or the reason why there are none, in one small tree of errors."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import numpy as np
import numpy.typing as npt


class SourceError(Exception):
    """Root of the tree; never raised itself."""


class SourceUnavailable(SourceError):
    """The source cannot be reached, refuses, or was lost."""


class SourceSilent(SourceError):
    """The source is connected and says nothing."""


class SourceEnded(SourceError):
    """A finite source (a video file, a folder that is not watched) has no more pictures."""


class BadPicture(SourceError):
    """A picture came that cannot be used."""


class BadAddress(SourceError):
    """The source's URL cannot be understood or lacks a secret."""


BgrImage: TypeAlias = npt.NDArray[np.uint8]
"""A decoded picture: uint8, shape (height, width, 3), blue first."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One picture: JPEG or PNG bytes as the source gave them, or decoded pixels where it gives video.

    ``captured_at`` is the source's word, ``received_at`` our clock; they are the same where a source knows no time.
    """

    picture: bytes | BgrImage
    captured_at: datetime
    received_at: datetime
