"""Headers as one blob: for each, the lengths of name and value, then both."""

import struct

from shelfstream.bus.records import Headers

_LENGTHS = struct.Struct("<II")


def pack(headers: Headers) -> bytes:
    """Headers as bytes; none at all is nothing."""
    parts: list[bytes] = []
    for name, value in headers:
        encoded = name.encode()
        parts += [_LENGTHS.pack(len(encoded), len(value)), encoded, value]
    return b"".join(parts)


def unpack(packed: bytes) -> Headers:
    """The headers that ``pack`` was given."""
    headers: list[tuple[str, bytes]] = []
    at = 0
    while at < len(packed):
        name_length, value_length = _LENGTHS.unpack_from(packed, at)
        at += _LENGTHS.size
        name = packed[at : at + name_length].decode()
        at += name_length
        headers.append((name, packed[at : at + value_length]))
        at += value_length
    return tuple(headers)
