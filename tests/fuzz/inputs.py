"""What could stand in a file, a pipe or a message, in any order and number?

Inputs are valid samples that were damaged in one to several ways, two samples spliced together, or
bytes that never were anything. The same seed and samples give the same inputs.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

LONGEST: Final = 1 << 16
"""Inputs grow by repetition; none beyond this many bytes. Longer ones have a test of their own."""

TOKENS: Final = (
    *(b"0", b"-0", b"-1", b"00", b"1e999", b"1.5", b"NaN", b"Infinity", b"9" * 30, b"9" * 400),
    *(b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"-9" * 3),
    *(b"null", b"true", b"{}", b"[]", b"[[[[[[[[", b"]", b"}", b'"', b'""', b'"a"', b",", b":"),
    *(b'{"id":1}', b'{"a":{"a":{"a":{"a":0}}}}', b"\\", b"\\u0000", b"\\ud800", b"\\u2028"),
    *(b"\x00", b"\n", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"\x7f", b"\x85", b"\x1f", b"+", b"/"),
    *("٨".encode(), "—".encode(), "\u2028".encode(), "é".encode(), b"\xff\xfe", b"\xed\xa0\x80"),
    *(b"=", b"==", b"====", b"AAAA", b"#", b"@", b"%", b"0x" + b"f" * 40, b"2/3", b"1/0", b"0/0"),
    *(b"2026-02-30T25:61:61Z", b"1969-12-31T23:59:59Z", b"+00:00", b"index ", b"old ", b"extra "),
)


def inputs(seed: str, samples: Sequence[bytes], count: int) -> Iterator[bytes]:
    """So many inputs."""
    random = Random(seed)
    for _ in range(count):
        yield _one(random, samples)


def _one(random: Random, samples: Sequence[bytes]) -> bytes:
    kind = random.random()
    if kind < 0.03:
        return random.randbytes(int(random.expovariate(1 / 60)))
    if kind < 0.06:
        return b"".join(random.choices(TOKENS, k=random.randrange(1, 12)))
    raw = random.choice(samples)
    if kind < 0.16:
        other = random.choice(samples)
        raw = raw[: random.randrange(len(raw) + 1)] + other[random.randrange(len(other) + 1) :]
    for _ in range(1 + int(random.expovariate(1.0))):
        raw = _damaged(random, raw)
    return raw[:LONGEST]


def _damaged(random: Random, raw: bytes) -> bytes:
    start = random.randrange(len(raw) + 1)
    end = min(len(raw), start + 1 + int(random.expovariate(1 / 8)))
    head, some, tail = raw[:start], raw[start:end], raw[end:]
    match random.randrange(9):
        case 0 if some:
            return head + bytes([some[0] ^ 1 << random.randrange(8)]) + raw[start + 1 :]
        case 1:
            return head + tail
        case 2:
            return head + random.choice(TOKENS) + tail
        case 3:
            return head + random.choice(TOKENS) + raw[start:]
        case 4:
            return head + some * random.choice((2, 3, 50)) + tail
        case 5:
            return head
        case 6:
            return head + random.randbytes(len(some)) + tail
        case 7:
            # A digit for a digit, a letter for a letter: the shape stays, the meaning changes.
            return head + bytes(_alike(random, byte) for byte in some) + tail
        case _:
            place = random.randrange(len(tail) + 1)
            return head + tail[:place] + some + tail[place:]


def _alike(random: Random, byte: int) -> int:
    if 48 <= byte <= 57:
        return random.randrange(48, 58)
    return random.randrange(97, 123) if 97 <= byte <= 122 else byte
