"""Keys: what goes out comes back, and what anybody could sign under is refused, by OpenSSL and libsodium alike."""

import hashlib
import math

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from plaudit import keys
from plaudit.encoding import base64url_encode, multibase_decode, multibase_encode
from plaudit.errors import KeyFormatError
from plaudit.keys import _EIGHTH, _FIELD, _GROUP_ORDER, KeyType, PrivateKey, PublicKey
from tests.plaudit.samples import key_of

EACH = pytest.mark.parametrize("kind", list(KeyType))
SIZES = {KeyType.ED25519: 64, KeyType.P256: 64, KeyType.P384: 96, KeyType.RSA: 256}


@pytest.fixture(params=["libsodium", "OpenSSL"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test of this file runs on both: one written meaning, whichever library computes it."""
    if request.param == "OpenSSL":
        monkeypatch.setattr(keys, "_libsodium", lambda: None)
    return str(request.param)


MESSAGE = b"Ten joints."


@EACH
def test_a_key_survives_every_form(kind: KeyType) -> None:
    key = PrivateKey.generate(kind)
    assert PrivateKey.from_pem(key.pem()) == key
    assert PrivateKey.from_pem(key.pem(b"secret"), b"secret") == key
    assert PrivateKey.from_jwk(key.jwk()) == key
    assert PublicKey.from_pem(key.public().pem()) == key.public()
    assert PublicKey.from_multibase(key.public().multibase()) == key.public()
    assert PublicKey.from_jwk(key.public().jwk()) == key.public()


@EACH
def test_a_signature_is_good_for_its_message_and_key_only(kind: KeyType) -> None:
    key, other = key_of("a", kind), key_of("b", kind)
    signature = key.sign(MESSAGE)
    assert len(signature) == SIZES[kind]
    assert key.sign(MESSAGE) == signature
    assert key.public().verify(signature, MESSAGE)
    assert not key.public().verify(signature, MESSAGE + b"!")
    assert not other.public().verify(signature, MESSAGE)
    assert not key.public().verify(signature[:-1], MESSAGE)
    assert not key.public().verify(bytes(SIZES[kind]), MESSAGE)
    assert not key.public().verify(signature + b"\0", MESSAGE)
    assert not key.public().verify(b"", MESSAGE)


@EACH
def test_every_flipped_bit_of_a_signature_is_noticed(kind: KeyType) -> None:
    key = key_of("a", kind)
    signature = int.from_bytes(key.sign(MESSAGE))
    for bit in range(SIZES[kind] * 8):
        assert not key.public().verify((signature ^ 1 << bit).to_bytes(SIZES[kind]), MESSAGE)


def test_the_private_key_is_not_shown() -> None:
    key = key_of("a")
    assert key.secret.hex() not in repr(key)
    assert repr(key) == "<PrivateKey Ed25519>"


def test_the_prefixes_are_those_of_the_multikey_table() -> None:
    assert key_of("a").public().multibase().startswith("z6Mk")
    assert key_of("a", KeyType.P256).public().multibase().startswith("zDn")
    assert key_of("a", KeyType.P384).public().multibase().startswith("z82")
    assert key_of("a", KeyType.RSA).public().multibase().startswith("z4MX")
    assert key_of("a").multibase().startswith("z3u2")
    for kind in (KeyType.ED25519, KeyType.P256, KeyType.P384):
        assert PrivateKey.from_multibase(key_of("a", kind).multibase()) == key_of("a", kind)
    with pytest.raises(KeyFormatError, match="no form"):
        key_of("a", KeyType.RSA).multibase()
    # The key pair that W3C publishes with its EdDSA test vectors.
    published = PrivateKey.from_multibase("z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq")
    assert published.public().multibase() == "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


def test_a_multikey_is_base58_and_nothing_else() -> None:
    key = key_of("a")
    for text in (key.public().multibase(), key.multibase()):
        other = "u" + base64url_encode(multibase_decode(text))
        for cls in (PublicKey, PrivateKey):
            with pytest.raises(KeyFormatError, match="base58"):
                cls.from_multibase(other)
    with pytest.raises(KeyFormatError, match="base58"):
        PublicKey.from_multibase(7)


def test_rfc_8032_test_1() -> None:
    key = PrivateKey(
        KeyType.ED25519,
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
    )
    assert key.public().data.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


WEAK = {
    "y = 0": 0,
    "y = 0, x negative": 1 << 255,
    "the neutral point": 1,
    "the neutral point, x negative": 1 | 1 << 255,
    "order two": _FIELD - 1,
    "order eight": _EIGHTH,
    "order eight, x negative": _EIGHTH | 1 << 255,
    "the other order eight": _FIELD - _EIGHTH,
    "zero written as p": _FIELD,
    "one written as p + 1": _FIELD + 1,
    "a large y that is not reduced": 2**255 - 1,
}


def test_the_constant_really_is_of_order_eight() -> None:
    d = -121665 * pow(121666, -1, _FIELD) % _FIELD

    def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        product = d * a[0] * b[0] * a[1] * b[1]
        x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, _FIELD)
        y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, _FIELD)
        return x % _FIELD, y % _FIELD

    y2 = _EIGHTH * _EIGHTH % _FIELD
    x2 = (y2 - 1) * pow(d * y2 + 1, -1, _FIELD) % _FIELD
    x = pow(x2, (_FIELD + 3) // 8, _FIELD)
    if (x * x - x2) % _FIELD:
        x = x * pow(2, (_FIELD - 1) // 4, _FIELD) % _FIELD
    assert (x * x - x2) % _FIELD == 0
    point, order = (x, _EIGHTH), 1
    while point != (0, 1):
        point, order = add(point, (x, _EIGHTH)), order + 1
    assert order == 8


@pytest.mark.parametrize("number", WEAK.values(), ids=WEAK)
def test_a_weak_key_is_refused_in_every_form(number: int) -> None:
    data = number.to_bytes(32, "little")
    with pytest.raises(KeyFormatError, match="small order or not canonical"):
        PublicKey(KeyType.ED25519, data)
    with pytest.raises(KeyFormatError, match="small order or not canonical"):
        PublicKey.from_multibase(multibase_encode(b"\xed\x01" + data))


def forged(kind: str) -> bytes:
    """A signature of MESSAGE by key a, bent in one way."""
    key = key_of("a")
    signature = key.sign(MESSAGE)
    s = int.from_bytes(signature[32:], "little")
    if kind == "S plus the group order":
        return signature[:32] + (s + _GROUP_ORDER).to_bytes(32, "little")
    if kind == "R is neutral":
        # With R neutral, S = h·a makes the equation hold: only the rule about R refuses it.
        expanded = bytearray(hashlib.sha512(key.secret).digest()[:32])
        expanded[0] &= 248
        expanded[31] = expanded[31] & 127 | 64
        r = (1).to_bytes(32, "little")
        h = int.from_bytes(hashlib.sha512(r + key.public().data + MESSAGE).digest(), "little")
        s = h * int.from_bytes(expanded, "little") % _GROUP_ORDER
        return r + s.to_bytes(32, "little")
    return (_FIELD + 1).to_bytes(32, "little") + signature[32:]


@pytest.mark.parametrize("kind", ["S plus the group order", "R is neutral", "R is not canonical"])
def test_a_bent_signature_is_refused_by_us_and_by_libsodium(kind: str) -> None:
    public = key_of("a").public()
    assert not public.verify(forged(kind), MESSAGE)
    with pytest.raises(BadSignatureError):
        VerifyKey(public.data).verify(MESSAGE, forged(kind))


def test_libsodium_agrees_on_good_signatures() -> None:
    for number in range(20):
        key = key_of(str(number))
        assert VerifyKey(key.public().data).verify(MESSAGE, key.sign(MESSAGE)) == MESSAGE


def test_p256_refuses_zero_and_what_is_no_point() -> None:
    public = key_of("a", KeyType.P256).public()
    good = key_of("a", KeyType.P256).sign(MESSAGE)
    assert not public.verify(bytes(32) + good[32:], MESSAGE)
    assert not public.verify(good[:32] + bytes(32), MESSAGE)
    with pytest.raises(KeyFormatError, match="not a point"):
        PublicKey(KeyType.P256, b"\x02" + b"\xff" * 32)


def rsa_jwk(bits: int = 2048, exponent: int = 65537) -> dict[str, object]:
    key = rsa.generate_private_key(exponent, bits).public_key().public_numbers()
    n = base64url_encode(key.n.to_bytes(bits // 8))
    return {"kty": "RSA", "n": n, "e": base64url_encode(exponent.to_bytes(4).lstrip(b"\0"))}


# Of the form that CVE-2017-15361 is about: a power of 65537 modulo the product of the small primes.
ROCA = pow(
    65537,
    12345,
    PRODUCT := math.prod(
        number for number in range(3, 168) if all(number % small for small in range(2, number))
    ),
)
ROCA += PRODUCT * (2**2047 // PRODUCT + 2)
ROCA += PRODUCT * (1 - ROCA % 2)  # odd, like every product of two odd primes


WEAK_RSA = {
    "1024 bits": rsa_jwk(1024),
    "exponent 1": rsa_jwk() | {"e": "AQ"},
    "a key of a faulty chip": rsa_jwk() | {"n": base64url_encode(ROCA.to_bytes(256))},
    "an even exponent": rsa_jwk() | {"e": "AQAA"},
    "a large exponent": rsa_jwk() | {"e": "AQAAAAAB"},
    "an even modulus": rsa_jwk() | {"n": base64url_encode(b"\xff" * 255 + b"\xfe")},
    "a leading zero": rsa_jwk() | {"e": "AAEAAQ"},
    "too many bits": rsa_jwk() | {"n": base64url_encode(b"\xff" * 513)},
    "far too many bits": rsa_jwk() | {"n": "_" * 100_000},
    "no number": rsa_jwk() | {"n": ""},
    "not base64url": rsa_jwk() | {"n": "+/"},
    "loose ends": rsa_jwk() | {"e": "AQAB="},
}


@pytest.mark.parametrize("bad", WEAK_RSA.values(), ids=WEAK_RSA)
def test_a_weak_rsa_key_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_jwk(bad)


def test_a_weak_rsa_key_is_refused_as_pem_and_as_bytes_too() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    spki, pkcs1 = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1
    with pytest.raises(KeyFormatError, match="2048"):
        PublicKey.from_pem(weak.public_key().public_bytes(serialization.Encoding.PEM, spki))
    with pytest.raises(KeyFormatError, match="2048"):
        PublicKey(KeyType.RSA, weak.public_key().public_bytes(serialization.Encoding.DER, pkcs1))
    good = key_of("a", KeyType.RSA).public()
    for data in (good.data + b"\0", good.data[:-1], b"", b"\x30\0", weak.public_key().public_bytes(
        serialization.Encoding.DER, spki)):  # fmt: skip
        with pytest.raises(KeyFormatError):
            PublicKey(KeyType.RSA, data)
    with pytest.raises(KeyFormatError):
        PrivateKey(KeyType.RSA, b"\x30\0")
    ed = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(KeyFormatError):
        PrivateKey(KeyType.RSA, ed)


def test_an_old_public_pem_is_read_and_other_pems_are_refused() -> None:
    key = key_of("a", KeyType.RSA).public()
    old = key._rsa().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1)
    assert PublicKey.from_pem(old) == PublicKey.from_pem(old.decode()) == key
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    curve = ec.generate_private_key(ec.SECP521R1())
    agreement = x25519.X25519PrivateKey.generate()
    for pem in (
        b"", "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----", "☃", key_of("a").pem(),
        curve.public_key().public_bytes(serialization.Encoding.PEM, form),
        agreement.public_key().public_bytes(serialization.Encoding.PEM, form),
    ):  # fmt: skip
        with pytest.raises(KeyFormatError):
            PublicKey.from_pem(pem)
    no = serialization.NoEncryption()
    for other in (curve, agreement):
        with pytest.raises(KeyFormatError):
            PrivateKey.from_pem(
                other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no)
            )


@pytest.mark.parametrize(
    "changes",
    [{"use": "enc"}, {"use": None}, {"key_ops": ["sign"]}, {"key_ops": []}, {"key_ops": "verify"},
     {"alg": "RS512"}, {"alg": "PS256"}, {"alg": "HS256"}, {"alg": ["RS256"]}, {"alg": None}],
)  # fmt: skip
def test_a_jwk_is_used_for_nothing_it_is_not_for(changes: dict[str, object]) -> None:
    good = key_of("a", KeyType.RSA).public().jwk()
    assert PublicKey.from_jwk(good | {"use": "sig", "key_ops": ["verify"], "alg": "RS256"})
    with pytest.raises(KeyFormatError):
        PublicKey.from_jwk(good | changes)


@pytest.mark.parametrize("name", ["d", "p", "q", "dp", "dq", "qi", "oth"])
def test_the_halves_of_an_rsa_jwk_belong_together(name: str) -> None:
    key, other = key_of("a", KeyType.RSA).jwk(), key_of("b", KeyType.RSA).jwk()
    with pytest.raises(KeyFormatError):
        PrivateKey.from_jwk(key | {name: other.get(name, [])})
    with pytest.raises(KeyFormatError, match="private part"):
        PublicKey.from_jwk(key_of("a", KeyType.RSA).public().jwk() | {name: key.get(name)})


def jwk(**changes: object) -> dict[str, object]:
    return {**key_of("a").public().jwk(), **changes}


@pytest.mark.parametrize(
    "bad",
    [
        jwk(d=key_of("a").jwk()["d"]), jwk(kty="RSA"), jwk(crv="X25519"), jwk(x=""), jwk(x="A" * 44), jwk(x=7),
        jwk(x=key_of("a").public().jwk()["x"] + "="), {}, [], None, "z6Mk",
        {**key_of("a", KeyType.P256).public().jwk(), "y": key_of("b", KeyType.P256).public().jwk()["y"]},
    ],
)  # fmt: skip
def test_a_bad_jwk_is_refused(bad: object) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_jwk(bad)


def test_two_halves_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(KeyFormatError, match="does not belong"):
        PrivateKey.from_jwk({**key_of("a").jwk(), "d": key_of("b").jwk()["d"]})


@pytest.mark.parametrize(
    "text", ["", "z", "z6Mk", key_of("a").public().multibase() + "1", key_of("a").multibase()]
)
def test_what_is_no_public_multikey_is_refused(text: str) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_multibase(text)


def test_a_pem_that_is_closed_or_something_else_is_refused() -> None:
    closed = key_of("a").pem(b"secret")
    for pem, password in ((closed, None), (closed, b"wrong"), (b"", None), (b"-----BEGIN X-----", None)):
        with pytest.raises(KeyFormatError):
            PrivateKey.from_pem(pem, password)


def test_a_key_of_a_faulty_chip_is_known_by_its_residues() -> None:
    with pytest.raises(KeyFormatError, match="CVE-2017-15361"):
        PublicKey.from_jwk(WEAK_RSA["a key of a faulty chip"])


@pytest.mark.parametrize("kind", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_a_private_key_has_its_length_and_range(kind: KeyType) -> None:
    size = len(key_of("a", kind).secret)
    with pytest.raises(KeyFormatError, match="bytes"):
        PrivateKey(kind, bytes(size - 1))
    if kind is not KeyType.ED25519:
        for number in (bytes(size), b"\xff" * size):
            with pytest.raises(KeyFormatError, match="out of range"):
                PrivateKey(kind, number)
