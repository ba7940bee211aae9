"""Public identifiers: 128 random bits as 26 Crockford base32 signs, lower case in addresses."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26


def new_id() -> str:
    """26 signs, 128 bits of the system's randomness: nobody guesses one, none is used twice."""
    return encode(secrets.token_bytes(16))


def encode(data: bytes) -> str:
    """`data` (at most 16 bytes are used) as 26 Crockford base32 signs."""
    number = int.from_bytes(data[:16], "big")
    signs = []
    for _ in range(LENGTH):
        number, rest = divmod(number, 32)
        signs.append(ALPHABET[rest])
    return "".join(reversed(signs))


def grouped(public_id: str) -> str:
    """The identifier as people read it: upper case, in groups."""
    upper = public_id.upper()
    return "-".join(upper[i : i + 5] for i in range(0, len(upper), 5))


class IdConverter:
    """Path converter `<id:name>`."""

    regex = "[0-9a-hjkmnp-tv-z]{26}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
