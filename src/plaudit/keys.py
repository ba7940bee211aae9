"""Key pairs: Ed25519 for Data Integrity proofs, P-256 for the proofs that will need it.

One written meaning of a good Ed25519 signature, the same whichever library computes it (RFC 8032 leaves room):
the key and the R part of the signature must be canonical encodings of points that are not of small order, S must
be below the order of the group, and the equation is checked without the cofactor. libsodium computes it where PyNaCl
is installed, being twice as fast; otherwise OpenSSL does. P-256 signatures are the
64 bytes r || s over SHA-256 (RFC 7518 section 3.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from types import ModuleType
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from plaudit.encoding import base64url_decode, base64url_encode, multibase_decode, multibase_encode
from plaudit.errors import KeyFormatError

_FIELD: Final = 2**255 - 19
_GROUP_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_EIGHTH: Final = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _EIGHTH, _FIELD - _EIGHTH})
"""The y of every point whose order divides eight; the sign of x does not matter here."""


class KeyType(StrEnum):
    """The kinds of keys this library makes and reads."""

    ED25519 = "Ed25519"
    P256 = "P-256"


_PUBLIC_PREFIX: Final = {KeyType.ED25519: b"\xed\x01", KeyType.P256: b"\x80\x24"}
_SECRET_PREFIX: Final = {KeyType.ED25519: b"\x80\x26", KeyType.P256: b"\x86\x26"}
_SIZE: Final = {KeyType.ED25519: 32, KeyType.P256: 33}


def _split(
    data: bytes, prefixes: Mapping[KeyType, bytes], sizes: Mapping[KeyType, int]
) -> tuple[KeyType, bytes]:
    for kind, prefix in prefixes.items():
        if data.startswith(prefix) and len(data) == len(prefix) + sizes[kind]:
            return kind, data[len(prefix) :]
    raise KeyFormatError("the Multikey is neither an Ed25519 nor a P-256 key of the right length")


def _is_weak_point(encoded: bytes) -> bool:
    """Whether 32 bytes encode an Ed25519 point in a second way, or a point of small order."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y >= _FIELD or y in _SMALL_ORDER


def _jwk_bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    data = base64url_decode(value) if isinstance(value, str) else b""
    if len(data) != 32 or base64url_encode(data) != value:
        raise KeyFormatError(f"the JWK member {name!r} is not 32 bytes of base64url")
    return data


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key: `data` is 32 bytes for Ed25519, the 33-byte compressed point for P-256.

    Raises KeyFormatError when made from bytes that are no such key, or a small-order or non-canonical one.
    """

    type: KeyType
    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) != _SIZE[self.type]:
            raise KeyFormatError(
                f"an {self.type} public key is {_SIZE[self.type]} bytes, not {len(self.data)}"
            )
        if self.type is KeyType.ED25519:
            if _is_weak_point(self.data):
                raise KeyFormatError(
                    "this Ed25519 key is of small order or not canonical: anybody could sign"
                )
        else:
            self._point()

    def _point(self) -> ec.EllipticCurvePublicKey:
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.data)
        except ValueError:
            raise KeyFormatError("the P-256 key is not a point of the curve") from None

    @classmethod
    def from_multibase(cls, text: object) -> PublicKey:
        """Read a Multikey (`z6Mk…` Ed25519, `zDn…` P-256; Controlled Identifiers 1.0 section 2.2.2)."""
        return _read_multikey(text) if isinstance(text, str) else cls(*_split(multibase_decode(text), {}, {}))

    @classmethod
    def from_jwk(cls, jwk: object) -> PublicKey:
        """Read a public JWK (RFC 7517, RFC 8037). A JWK with a private part is refused: it is a leaked key."""
        if not isinstance(jwk, Mapping):
            raise KeyFormatError("the JWK is not an object")
        if "d" in jwk:
            raise KeyFormatError("the JWK holds its private part")
        return cls._from_public_members(jwk)

    @classmethod
    def _from_public_members(cls, jwk: Mapping[str, Any]) -> PublicKey:
        if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519"):
            return cls(KeyType.ED25519, _jwk_bytes(jwk, "x"))
        if (jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256"):
            x, y = _jwk_bytes(jwk, "x"), _jwk_bytes(jwk, "y")
            key = cls(KeyType.P256, bytes([2 + (y[-1] & 1)]) + x)
            if key._point().public_numbers().y != int.from_bytes(y):
                raise KeyFormatError("the JWK is not a point of the curve")
            return key
        raise KeyFormatError("the JWK is neither OKP Ed25519 nor EC P-256")

    def multibase(self) -> str:
        """The key as a Multikey, the form of `publicKeyMultibase`."""
        return multibase_encode(_PUBLIC_PREFIX[self.type] + self.data)

    def jwk(self) -> dict[str, str]:
        """The key as a public JWK, the form of `publicKeyJwk`."""
        if self.type is KeyType.ED25519:
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(self.data)}
        numbers = self._point().public_numbers()
        x, y = numbers.x.to_bytes(32), numbers.y.to_bytes(32)
        return {"kty": "EC", "crv": "P-256", "x": base64url_encode(x), "y": base64url_encode(y)}

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the 64-byte signature over the message is good, by the meaning given above."""
        if len(signature) != 64:
            return False
        if self.type is KeyType.ED25519:
            return _verify_ed25519(self.data, signature, message)
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if not r or not s:
            return False
        try:
            self._point().verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@cache
def _libsodium() -> ModuleType | None:
    """The bindings to libsodium; None where they are not installed."""
    try:
        import nacl.bindings  # 16 ms, and only for who signs or verifies
    except ImportError:
        return None
    return nacl.bindings


@cache
def _sodium_refusal() -> type[Exception]:
    from nacl.exceptions import BadSignatureError

    return BadSignatureError


@lru_cache(maxsize=512)
def _read_multikey(text: str) -> PublicKey:
    return PublicKey(*_split(multibase_decode(text), _PUBLIC_PREFIX, _SIZE))


def _verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    if int.from_bytes(signature[32:], "little") >= _GROUP_ORDER or _is_weak_point(signature[:32]):
        return False
    sodium = _libsodium()
    if sodium is not None:
        try:
            sodium.crypto_sign_open(signature + message, public)
        except _sodium_refusal():
            return False
        return True
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _public_half(native: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> PublicKey:
    if isinstance(native, ed25519.Ed25519PrivateKey):
        return PublicKey(KeyType.ED25519, native.public_key().public_bytes_raw())
    numbers = native.public_key().public_numbers()
    return PublicKey(KeyType.P256, bytes([2 + (numbers.y & 1)]) + numbers.x.to_bytes(32))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key: the 32-byte Ed25519 seed, or the 32-byte P-256 scalar. Its repr never shows it."""

    type: KeyType
    secret: bytes
    _parsed: Any = field(default=None, init=False, repr=False, compare=False)
    """The key as OpenSSL holds it, and its public half: parsing takes longer than signing."""

    def __post_init__(self) -> None:
        if len(self.secret) != 32:
            raise KeyFormatError(f"an {self.type} private key is 32 bytes, not {len(self.secret)}")
        native = self._parse()
        object.__setattr__(self, "_parsed", (native, _public_half(native)))

    def __repr__(self) -> str:
        return f"<PrivateKey {self.type}>"

    @classmethod
    def generate(cls, kind: KeyType = KeyType.ED25519) -> PrivateKey:
        """A new key from the operating system's randomness."""
        if kind is KeyType.ED25519:
            return cls(kind, ed25519.Ed25519PrivateKey.generate().private_bytes_raw())
        return cls(kind, ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> PrivateKey:
        """Read a PKCS #8 PEM; KeyFormatError when it is no such key or the password does not open it."""
        from cryptography.hazmat.primitives import serialization  # 20 ms that only PEM files are worth

        try:
            key = serialization.load_pem_private_key(pem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFormatError("not a PEM private key, or the password does not open it") from None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return cls(KeyType.ED25519, key.private_bytes_raw())
        if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
            return cls(KeyType.P256, key.private_numbers().private_value.to_bytes(32))
        raise KeyFormatError("the PEM key is neither Ed25519 nor P-256")

    @classmethod
    def from_multibase(cls, text: object) -> PrivateKey:
        """Read a secret Multikey (`z3u2…` for Ed25519)."""
        return cls(*_split(multibase_decode(text), _SECRET_PREFIX, dict.fromkeys(KeyType, 32)))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> PrivateKey:
        """Read a private JWK; KeyFormatError when its two halves do not belong together."""
        public = PublicKey._from_public_members(jwk)
        key = cls(public.type, _jwk_bytes(jwk, "d"))
        if key.public() != public:
            raise KeyFormatError("the private part of the JWK does not belong to its public part")
        return key

    def _native(self) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
        native: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey = self._parsed[0]
        return native

    def _parse(self) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey:
        if self.type is KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
        try:
            return ec.derive_private_key(int.from_bytes(self.secret), ec.SECP256R1())
        except ValueError:
            raise KeyFormatError("the P-256 private key is out of range") from None

    def pem(self, password: bytes | None = None) -> bytes:
        """The key as PKCS #8 PEM, encrypted when a password is given."""
        from cryptography.hazmat.primitives import serialization

        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            encryption = serialization.BestAvailableEncryption(password)
        form = serialization.PrivateFormat.PKCS8
        return self._native().private_bytes(serialization.Encoding.PEM, form, encryption)

    def multibase(self) -> str:
        """The key as a secret Multikey. Keep it where you would keep a password."""
        return multibase_encode(_SECRET_PREFIX[self.type] + self.secret)

    def jwk(self) -> dict[str, str]:
        """The key as a private JWK. Keep it where you would keep a password."""
        return {**self.public().jwk(), "d": base64url_encode(self.secret)}

    def public(self) -> PublicKey:
        """The public half."""
        public: PublicKey = self._parsed[1]
        return public

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of the message (Ed25519, or ECDSA over SHA-256 as r || s)."""
        native = self._native()
        if isinstance(native, ed25519.Ed25519PrivateKey):
            sodium = _libsodium()
            if sodium is None:
                return native.sign(message)
            return bytes(sodium.crypto_sign(message, self.secret + self.public().data)[:64])
        deterministic = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        r, s = decode_dss_signature(native.sign(message, deterministic))
        return r.to_bytes(32) + s.to_bytes(32)
