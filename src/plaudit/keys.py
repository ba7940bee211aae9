"""Key pairs: Ed25519 and the curves P-256 and P-384 for Data Integrity proofs, RSA for JSON Web Signatures.

One written meaning of a good Ed25519 signature, the same whichever library computes it (RFC 8032 leaves room):
the key and the R part of the signature must be canonical encodings of points that are not of small order, S must
be below the order of the group, and the equation is checked without the cofactor. libsodium computes it where
PyNaCl is installed, being twice as fast; otherwise OpenSSL does. ECDSA signatures are r || s: 64 bytes over SHA-256
with P-256, 96 bytes over SHA-384 with P-384 (RFC 7518 section 3.4). RSA signatures are RSASSA-PKCS1-v1_5 over SHA-256
(RFC 7518 section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from plaudit.encoding import base64url_decode, base64url_encode, multibase_decode, multibase_encode
from plaudit.errors import KeyFormatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

MIN_RSA_BITS: Final = 2048
"""RFC 7518 section 3.3; shorter ones have been factored, or soon will be."""
MAX_RSA_BITS: Final = 4096
"""Verifying takes longer with the square of the length; nobody signs badges with more."""
MIN_RSA_EXPONENT: Final = 3
"""RFC 8017 section 3.1. Our own keys take 65537; a smaller one harms only those who read signatures laxly."""
OUR_RSA_EXPONENT: Final = 65537
MAX_RSA_EXPONENT: Final = 2**32 - 1
"""Verifying takes longer with the length of the exponent."""

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
    P384 = "P-384"
    RSA = "RSA"


class _Curve(NamedTuple):
    """A curve of FIPS 186-5 and what goes with it: bytes of a coordinate, and the hash that is signed."""

    native: ec.EllipticCurve
    size: int
    hash: hashes.HashAlgorithm


_CURVES: Final = {
    KeyType.P256: _Curve(ec.SECP256R1(), 32, hashes.SHA256()),
    KeyType.P384: _Curve(ec.SECP384R1(), 48, hashes.SHA384()),
}

_PUBLIC_PREFIX: Final = {
    KeyType.ED25519: b"\xed\x01",
    KeyType.P256: b"\x80\x24",
    KeyType.P384: b"\x81\x24",
    KeyType.RSA: b"\x85\x24",
}
_SECRET_PREFIX: Final = {
    KeyType.ED25519: b"\x80\x26",
    KeyType.P256: b"\x86\x26",
    KeyType.P384: b"\x87\x26",
}
_PUBLIC_SIZE: Final = {KeyType.ED25519: 32, KeyType.P256: 33, KeyType.P384: 49}
_SECRET_SIZE: Final = {KeyType.ED25519: 32, KeyType.P256: 32, KeyType.P384: 48}
_JWK_KIND: Final = {
    ("OKP", "Ed25519"): KeyType.ED25519,
    ("EC", "P-256"): KeyType.P256,
    ("EC", "P-384"): KeyType.P384,
    ("RSA", None): KeyType.RSA,
}
_JWK_ALGORITHMS: Final = {
    KeyType.ED25519: ("EdDSA", "Ed25519"),
    KeyType.P256: ("ES256",),
    KeyType.P384: ("ES384",),
    KeyType.RSA: ("RS256",),
}
_JWK_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def _split(
    data: bytes, prefixes: Mapping[KeyType, bytes], sizes: Mapping[KeyType, int]
) -> tuple[KeyType, bytes]:
    for kind, prefix in prefixes.items():
        if data.startswith(prefix) and sizes.get(kind, len(data) - len(prefix)) == len(data) - len(prefix):
            return kind, data[len(prefix) :]
    raise KeyFormatError("the Multikey is neither Ed25519, P-256, P-384 nor RSA, or of the wrong length")


def _multikey_bytes(text: object) -> bytes:
    """Base58 and nothing else (Controlled Identifiers 1.0 section 2.2.2), or one key had several identifiers."""
    if not isinstance(text, str) or not text.startswith("z"):
        raise KeyFormatError("a Multikey is written in base58, beginning with z")
    return multibase_decode(text)


def _is_weak_point(encoded: bytes) -> bool:
    """Whether 32 bytes encode an Ed25519 point in a second way, or a point of small order."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    return y >= _FIELD or y in _SMALL_ORDER


def _jwk_bytes(jwk: Mapping[str, Any], name: str, size: int) -> bytes:
    value = jwk.get(name)
    data = base64url_decode(value) if isinstance(value, str) else b""
    if len(data) != size or base64url_encode(data) != value:
        raise KeyFormatError(f"the JWK member {name!r} is not {size} bytes of base64url")
    return data


def _jwk_integer(jwk: Mapping[str, Any], name: str) -> int:
    """A Base64urlUInt (RFC 7518 section 2): the fewest bytes that hold the number."""
    value = jwk.get(name)
    if not isinstance(value, str) or len(value) > MAX_RSA_BITS // 4:
        raise KeyFormatError(f"the JWK member {name!r} is not a base64url number of the right size")
    data = base64url_decode(value)
    if not data or not data[0] or base64url_encode(data) != value:
        raise KeyFormatError(f"the JWK member {name!r} is not a base64url number of the right size")
    return int.from_bytes(data)


def _refuse_other_use(jwk: Mapping[str, Any], kind: KeyType, operation: str) -> None:
    """A JWK may say what it is for (RFC 7517 sections 4.2 to 4.4); it is used for nothing else."""
    if jwk.get("use", "sig") != "sig":
        raise KeyFormatError("the JWK is not for signatures")
    operations = jwk.get("key_ops", [operation])
    if not isinstance(operations, list) or operation not in operations:
        raise KeyFormatError(f"the JWK's key_ops do not allow to {operation}")
    if jwk.get("alg", _JWK_ALGORITHMS[kind][0]) not in _JWK_ALGORITHMS[kind]:
        raise KeyFormatError(f"the JWK is for the algorithm {str(jwk['alg'])[:40]}")


def _jwk_kind(jwk: Mapping[str, Any]) -> KeyType:
    kty, crv = jwk.get("kty"), jwk.get("crv")
    kind = _JWK_KIND.get((kty, crv)) if isinstance(kty, str) and isinstance(crv, str | None) else None
    if kind is None:
        raise KeyFormatError("the JWK is neither OKP Ed25519, EC P-256, EC P-384 nor RSA")
    return kind


def _refuse_weak_rsa(modulus: int, exponent: int) -> None:
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS or not modulus & 1:
        raise KeyFormatError(
            f"an RSA modulus is odd and has {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, not {modulus.bit_length()}"
        )
    if not MIN_RSA_EXPONENT <= exponent <= MAX_RSA_EXPONENT or not exponent & 1:
        raise KeyFormatError("the RSA public exponent is even, too small or too large")
    if all(modulus % prime in powers for prime, powers in _roca_table().items()):
        raise KeyFormatError("this RSA key was made by chips whose keys can be factored (CVE-2017-15361)")


@cache
def _roca_table() -> Mapping[int, frozenset[int]]:
    """Small primes, and the powers of 65537 modulo each.

    The primes that the faulty chips made are such powers modulo all of these, and so is their product; of other
    numbers one in 2**150 is (Nemec and others, "The Return of Coppersmith's Attack", section 3).
    """
    primes = [number for number in range(3, 168) if all(number % small for small in range(2, number))]
    return {prime: frozenset(pow(65537, power, prime) for power in range(prime)) for prime in primes}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key. `data` is 32 bytes for Ed25519, the compressed point for P-256 (33 bytes) and P-384 (49),
    the DER of an RSAPublicKey (RFC 8017 appendix A.1.1) for RSA.

    Raises KeyFormatError when made from bytes that are no such key, or one that anybody could sign for: of small
    order or not canonical (Ed25519), under 2048 bits (RSA; over 4096 is refused too).
    """

    type: KeyType
    data: bytes

    def __post_init__(self) -> None:
        if self.type is KeyType.RSA:
            self._rsa()
            return
        if len(self.data) != _PUBLIC_SIZE[self.type]:
            raise KeyFormatError(
                f"an {self.type} public key is {_PUBLIC_SIZE[self.type]} bytes, not {len(self.data)}"
            )
        if self.type is KeyType.ED25519:
            if _is_weak_point(self.data):
                raise KeyFormatError(
                    "this Ed25519 key is of small order or not canonical: anybody could sign"
                )
        else:
            self._point()

    def _point(self) -> ec.EllipticCurvePublicKey:
        return _parse_point(self.type, self.data)

    def _rsa(self) -> rsa.RSAPublicKey:
        return _parse_rsa(self.data)

    @classmethod
    def from_multibase(cls, text: object) -> PublicKey:
        """Read a Multikey (Controlled Identifiers 1.0 section 2.2.2): `z6Mk…` is Ed25519, `zDn…` P-256, `z82…`
        P-384; an RSA key as did:key writes it begins with `z4MX` or `zgghB`."""
        return _read_multikey(text) if isinstance(text, str) else cls(*_split(_multikey_bytes(text), {}, {}))

    @classmethod
    def from_jwk(cls, jwk: object) -> PublicKey:
        """Read a public JWK for signatures (RFC 7517, 7518, 8037).

        KeyFormatError for one with a private part (a leaked key), and for one that says it is for another use.
        """
        if not isinstance(jwk, Mapping):
            raise KeyFormatError("the JWK is not an object")
        if not _JWK_PRIVATE.isdisjoint(jwk):
            raise KeyFormatError("the JWK holds its private part")
        key = cls._from_public_members(jwk)
        _refuse_other_use(jwk, key.type, "verify")
        return key

    @classmethod
    def _from_public_members(cls, jwk: Mapping[str, Any]) -> PublicKey:
        kind = _jwk_kind(jwk)
        if kind is KeyType.ED25519:
            return cls(kind, _jwk_bytes(jwk, "x", 32))
        if kind is KeyType.RSA:
            return cls._from_rsa_numbers(_jwk_integer(jwk, "n"), _jwk_integer(jwk, "e"))
        size = _CURVES[kind].size
        x, y = _jwk_bytes(jwk, "x", size), _jwk_bytes(jwk, "y", size)
        key = cls(kind, bytes([2 + (y[-1] & 1)]) + x)
        if key._point().public_numbers().y != int.from_bytes(y):
            raise KeyFormatError("the JWK is not a point of the curve")
        return key

    @classmethod
    def _from_rsa_numbers(cls, modulus: int, exponent: int) -> PublicKey:
        from cryptography.hazmat.primitives.asymmetric import rsa

        _refuse_weak_rsa(modulus, exponent)
        return cls(KeyType.RSA, _rsa_der(rsa.RSAPublicNumbers(exponent, modulus).public_key()))

    @classmethod
    def from_pem(cls, pem: bytes | str) -> PublicKey:
        """Read a public key in PEM (`BEGIN PUBLIC KEY` or `BEGIN RSA PUBLIC KEY`), as in `publicKeyPem`.

        Raises KeyFormatError for anything else, and for a key nobody may use.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        try:
            key = serialization.load_pem_public_key(pem.encode("utf-8") if isinstance(pem, str) else pem)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFormatError("not a public key in PEM") from None
        if isinstance(key, ed25519.Ed25519PublicKey):
            return cls(KeyType.ED25519, key.public_bytes_raw())
        if isinstance(key, rsa.RSAPublicKey):
            numbers = key.public_numbers()
            return cls._from_rsa_numbers(numbers.n, numbers.e)
        if isinstance(key, ec.EllipticCurvePublicKey):
            return _of_curve(key)
        raise KeyFormatError("the PEM key is neither Ed25519, P-256, P-384 nor RSA")

    def pem(self) -> bytes:
        """The key as PEM, in the form of a SubjectPublicKeyInfo: `BEGIN PUBLIC KEY`."""
        from cryptography.hazmat.primitives import serialization

        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._native().public_bytes(serialization.Encoding.PEM, form)

    def _native(self) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
        if self.type is KeyType.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(self.data)
        return self._rsa() if self.type is KeyType.RSA else self._point()

    def multibase(self) -> str:
        """The key as a Multikey, the form of `publicKeyMultibase`."""
        return multibase_encode(_PUBLIC_PREFIX[self.type] + self.data)

    def jwk(self) -> dict[str, str]:
        """The key as a public JWK, the form of `publicKeyJwk`."""
        if self.type is KeyType.ED25519:
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url_encode(self.data)}
        if self.type is KeyType.RSA:
            rsa_numbers = self._rsa().public_numbers()
            return {"kty": "RSA", "n": _integer(rsa_numbers.n), "e": _integer(rsa_numbers.e)}
        numbers, size = self._point().public_numbers(), _CURVES[self.type].size
        x, y = numbers.x.to_bytes(size), numbers.y.to_bytes(size)
        return {"kty": "EC", "crv": str(self.type), "x": base64url_encode(x), "y": base64url_encode(y)}

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature over the message is good, by the meaning given above."""
        if self.type is KeyType.ED25519:
            return len(signature) == 64 and _verify_ed25519(self.data, signature, message)
        if self.type is KeyType.RSA:
            return self._verify_rsa(signature, message)
        curve = _CURVES[self.type]
        r, s = int.from_bytes(signature[: curve.size]), int.from_bytes(signature[curve.size :])
        if len(signature) != 2 * curve.size or not r or not s:
            return False
        try:
            self._point().verify(encode_dss_signature(r, s), message, ec.ECDSA(curve.hash))
        except InvalidSignature:
            return False
        return True

    def _verify_rsa(self, signature: bytes, message: bytes) -> bool:
        from cryptography.hazmat.primitives.asymmetric import padding

        try:
            self._rsa().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


@lru_cache(maxsize=512)
def _read_multikey(text: str) -> PublicKey:
    return PublicKey(*_split(_multikey_bytes(text), _PUBLIC_PREFIX, _PUBLIC_SIZE))


@lru_cache(maxsize=512)
def _parse_point(kind: KeyType, data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind].native, data)
    except ValueError:
        raise KeyFormatError(f"the {kind} key is not a point of the curve") from None


@lru_cache(maxsize=512)
def _parse_rsa(data: bytes) -> rsa.RSAPublicKey:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa  # as below: milliseconds others need not pay

    try:
        key = serialization.load_der_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyFormatError("not an RSA public key") from None
    if not isinstance(key, rsa.RSAPublicKey) or _rsa_der(key) != data:
        raise KeyFormatError("not an RSA public key in its one DER form")
    numbers = key.public_numbers()
    _refuse_weak_rsa(numbers.n, numbers.e)
    return key


def _of_curve(key: ec.EllipticCurvePublicKey) -> PublicKey:
    for kind, curve in _CURVES.items():
        if key.curve.name == curve.native.name:
            numbers = key.public_numbers()
            return PublicKey(kind, bytes([2 + (numbers.y & 1)]) + numbers.x.to_bytes(curve.size))
    raise KeyFormatError(f"the curve {key.curve.name} is neither P-256 nor P-384")


def _rsa_der(key: rsa.RSAPublicKey) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)


def _integer(value: int) -> str:
    return base64url_encode(value.to_bytes((value.bit_length() + 7) // 8))


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


def _public_half(
    native: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> PublicKey:
    if isinstance(native, ed25519.Ed25519PrivateKey):
        return PublicKey(KeyType.ED25519, native.public_key().public_bytes_raw())
    if isinstance(native, ec.EllipticCurvePrivateKey):
        return _of_curve(native.public_key())
    return PublicKey(KeyType.RSA, _rsa_der(native.public_key()))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key: the 32-byte Ed25519 seed, the P-256 (32 bytes) or P-384 (48 bytes) scalar, or the DER of an
    RSAPrivateKey (RFC 8017 appendix A.1.2). Its repr never shows it."""

    type: KeyType
    secret: bytes
    _parsed: Any = field(default=None, init=False, repr=False, compare=False)
    """The key as OpenSSL holds it, and its public half: parsing takes longer than signing."""

    def __post_init__(self) -> None:
        size = _SECRET_SIZE.get(self.type, len(self.secret))
        if len(self.secret) != size:
            raise KeyFormatError(f"an {self.type} private key is {size} bytes, not {len(self.secret)}")
        native = self._parse()
        object.__setattr__(self, "_parsed", (native, _public_half(native)))

    def __repr__(self) -> str:
        return f"<PrivateKey {self.type}>"

    @classmethod
    def generate(cls, kind: KeyType = KeyType.ED25519) -> PrivateKey:
        """A new key from the operating system's randomness; RSA keys have 2048 bits."""
        if kind is KeyType.ED25519:
            return cls(kind, ed25519.Ed25519PrivateKey.generate().private_bytes_raw())
        if kind is KeyType.RSA:
            from cryptography.hazmat.primitives.asymmetric import rsa

            return cls._of_native(rsa.generate_private_key(OUR_RSA_EXPONENT, MIN_RSA_BITS))
        return cls._of_native(ec.generate_private_key(_CURVES[kind].native))

    @classmethod
    def _of_native(cls, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> PrivateKey:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            kind = _of_curve(key.public_key()).type
            return cls(kind, key.private_numbers().private_value.to_bytes(_SECRET_SIZE[kind]))
        from cryptography.hazmat.primitives import serialization

        form, encryption = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        return cls(KeyType.RSA, key.private_bytes(serialization.Encoding.DER, form, encryption))

    @classmethod
    def from_pem(cls, pem: bytes, password: bytes | None = None) -> PrivateKey:
        """Read a PKCS #8 PEM; KeyFormatError when it is no such key or the password does not open it."""
        from cryptography.hazmat.primitives import serialization  # 20 ms that only PEM files are worth
        from cryptography.hazmat.primitives.asymmetric import rsa

        try:
            key = serialization.load_pem_private_key(pem, password)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFormatError("not a PEM private key, or the password does not open it") from None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return cls(KeyType.ED25519, key.private_bytes_raw())
        if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            return cls._of_native(key)
        raise KeyFormatError("the PEM key is neither Ed25519, P-256, P-384 nor RSA")

    @classmethod
    def from_multibase(cls, text: object) -> PrivateKey:
        """Read a secret Multikey (`z3u2…` for Ed25519)."""
        return cls(*_split(_multikey_bytes(text), _SECRET_PREFIX, _SECRET_SIZE))

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> PrivateKey:
        """Read a private JWK; KeyFormatError when its two halves do not belong together."""
        kind = _jwk_kind(jwk)
        _refuse_other_use(jwk, kind, "sign")
        if kind is KeyType.RSA:
            return cls._from_rsa_jwk(jwk)
        public = PublicKey._from_public_members(jwk)
        key = cls(kind, _jwk_bytes(jwk, "d", _SECRET_SIZE[kind]))
        if key.public() != public:
            raise KeyFormatError("the private part of the JWK does not belong to its public part")
        return key

    @classmethod
    def _from_rsa_jwk(cls, jwk: Mapping[str, Any]) -> PrivateKey:
        from cryptography.hazmat.primitives.asymmetric import rsa

        if "oth" in jwk:
            raise KeyFormatError("RSA keys of more than two primes are not used")
        e, n, d, p, q, dp, dq, qi = (
            _jwk_integer(jwk, name) for name in ("e", "n", "d", "p", "q", "dp", "dq", "qi")
        )
        _refuse_weak_rsa(n, e)
        try:
            numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
            return cls._of_native(numbers.private_key())
        except ValueError:
            raise KeyFormatError("the private part of the JWK does not belong to its public part") from None

    def _native(self) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
        native: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = self._parsed[0]
        return native

    def _parse(self) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
        if self.type is KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
        if self.type is KeyType.RSA:
            return self._parse_rsa()
        try:
            return ec.derive_private_key(int.from_bytes(self.secret), _CURVES[self.type].native)
        except ValueError:
            raise KeyFormatError(f"the {self.type} private key is out of range") from None

    def _parse_rsa(self) -> rsa.RSAPrivateKey:
        """The RSA key, its parts belonging together (finding that out takes 40 ms)."""
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        try:
            key = serialization.load_der_private_key(self.secret, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFormatError("not an RSA private key") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyFormatError("not an RSA private key")
        return key

    def pem(self, password: bytes | None = None) -> bytes:
        """The key as PKCS #8 PEM, encrypted when a password is given."""
        from cryptography.hazmat.primitives import serialization

        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            encryption = serialization.BestAvailableEncryption(password)
        form = serialization.PrivateFormat.PKCS8
        return self._native().private_bytes(serialization.Encoding.PEM, form, encryption)

    def multibase(self) -> str:
        """The key as a secret Multikey. Keep it where you would keep a password.

        Raises KeyFormatError for an RSA key: Controlled Identifiers 1.0 defines no such Multikey.
        """
        if self.type is KeyType.RSA:
            raise KeyFormatError("an RSA key has no form as a secret Multikey")
        return multibase_encode(_SECRET_PREFIX[self.type] + self.secret)

    def jwk(self) -> dict[str, str]:
        """The key as a private JWK. Keep it where you would keep a password."""
        if self.type is not KeyType.RSA:
            return {**self.public().jwk(), "d": base64url_encode(self.secret)}
        native = self._native()
        assert not isinstance(native, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey)
        numbers = native.private_numbers()
        parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q}
        parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return {**self.public().jwk(), **{name: _integer(value) for name, value in parts.items()}}

    def public(self) -> PublicKey:
        """The public half."""
        public: PublicKey = self._parsed[1]
        return public

    def sign(self, message: bytes) -> bytes:
        """The signature of the message, in the form and over the hash that `PublicKey.verify` wants.

        All four kinds are deterministic: the same key and message give the same bytes (RFC 6979 for ECDSA).
        """
        native = self._native()
        if self.type is KeyType.ED25519:
            sodium = _libsodium()
            if sodium is not None:
                return bytes(sodium.crypto_sign(message, self.secret + self.public().data)[:64])
        if isinstance(native, ed25519.Ed25519PrivateKey):
            return native.sign(message)
        if isinstance(native, ec.EllipticCurvePrivateKey):
            curve = _CURVES[self.type]
            deterministic = ec.ECDSA(curve.hash, deterministic_signing=True)
            r, s = decode_dss_signature(native.sign(message, deterministic))
            return r.to_bytes(curve.size) + s.to_bytes(curve.size)
        from cryptography.hazmat.primitives.asymmetric import padding

        return native.sign(message, padding.PKCS1v15(), hashes.SHA256())
