"""What can go wrong with a source, in one small tree.

    SourceError
    ├── SourceUnavailable   cannot be reached or has been lost: connect again later
    ├── SourceSilent        connected, but no picture comes: connect again
    ├── SourceEnded         a finite source has given its last picture
    ├── BadPicture          one picture cannot be used: count it and go on
    └── BadAddress          the URL itself is wrong, or a secret that it names is not set

Each says in a sentence for the operator what happened, never with a secret in it: sources speak of themselves
without their URL, and who asked knows which one it was.
"""


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
