"""Tokens of every shape, read without ever raising; signatures and certificates."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from reglens.auth.keys import SignatureState, chain, check_signature, libtrust_id, load_keys, thumbprint
from reglens.auth.token import TokenKind, read_token
from reglens.errors import UsageError

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
CLAIMS: dict[str, Any] = {
    "iss": "auth.docker.io",
    "sub": "",
    "aud": "registry.docker.io",
    "exp": int(NOW.timestamp()) + 300,
    "nbf": int(NOW.timestamp()),
    "iat": int(NOW.timestamp()),
    "jti": "x",
    "access": [{"type": "repository", "name": "library/alpine", "actions": ["pull"]}],
}


def certificate(key: ec.EllipticCurvePrivateKey, name: str = "signer") -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 7, NOW, NOW + timedelta(days=30))
    return builder.sign(key, hashes.SHA256())


def x5c(key: ec.EllipticCurvePrivateKey) -> list[str]:
    return [base64.b64encode(certificate(key).public_bytes(serialization.Encoding.DER)).decode()]


def signed(claims: dict[str, Any] = CLAIMS, key: Any = KEY, algorithm: str = "ES256", **header: Any) -> str:
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm, headers=header)


def test_a_registry_token_is_read_whole() -> None:
    token = read_token(signed(x5c=x5c(KEY)))
    assert token.kind is TokenKind.JWT
    assert (token.issuer, token.subject, token.audience) == ("auth.docker.io", "", ("registry.docker.io",))
    assert token.expires == NOW + timedelta(seconds=300)
    assert token.not_before == token.issued_at == NOW
    assert [str(scope) for scope in token.access] == ["repository:library/alpine:pull"]
    assert (token.algorithm, token.key_id, token.problems) == ("ES256", None, ())


def test_the_raw_text_never_shows_by_accident() -> None:
    raw = signed()
    token = read_token(raw)
    assert raw not in repr(token) + str(token.raw) + f"{token.raw}"
    assert token.raw.reveal() == raw


@pytest.mark.parametrize("raw", ["ghp_abcdef", "", "null", "a.b.c", "eyJ", "....", "ZGNrcl9qd3Q=", "e30.e30"])
def test_what_is_no_jwt_is_opaque(raw: str) -> None:
    token = read_token(raw)
    assert (token.kind, token.claims, token.access, token.expires) == (TokenKind.OPAQUE, None, (), None)


def test_an_encrypted_token_shows_its_header_only() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"dir","enc":"A128GCM"}').decode().rstrip("=")
    token = read_token(f"{header}..a.b.c")
    assert (token.kind, token.algorithm, token.claims) == (TokenKind.JWE, "dir", None)


def test_a_token_cut_off_gives_the_claims_before_the_cut() -> None:
    raw = signed({**CLAIMS, "z": "x" * 500})
    head, claims, _ = raw.split(".")
    token = read_token(f"{head}.{claims[: len(claims) - 300]}")
    assert token.partial
    assert (token.issuer, token.audience) == ("auth.docker.io", ("registry.docker.io",))
    assert check_signature(token).state is SignatureState.NOT_CHECKED


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"exp": "soon"}, "exp is not a whole number"),
        ({"nbf": 1.5}, "nbf is not a whole number"),
        ({"access": "pull"}, "access is not a list"),
        ({"access": {"a": 1}}, "access is not a list"),
        ({"iss": 3}, "iss is not text"),
    ],
)
def test_claims_of_a_wrong_type_are_told(change: dict[str, Any], problem: str) -> None:
    assert any(problem in said for said in read_token(signed({**CLAIMS, **change})).problems)


@pytest.mark.parametrize(
    ("dress", "problem"),
    [('"{}"', "quotes"), (" {}\n", "blanks"), ("{}==", "padding"), ("<{}>", "quotes")],
)
def test_what_stands_around_a_token_is_told(dress: str, problem: str) -> None:
    token = read_token(dress.format(signed()))
    assert token.issuer == "auth.docker.io"
    assert any(problem in said for said in token.problems)


@pytest.mark.parametrize("value", [10**30, -(10**30), float("inf"), True, "1", None, [], 1e300])
def test_times_beyond_the_calendar_are_none(value: object) -> None:
    assert read_token(signed({**CLAIMS, "exp": value})).expires is None


def test_an_audience_may_be_a_list() -> None:
    assert read_token(signed({**CLAIMS, "aud": ["a", 3, "b"]})).audience == ("a", "b")


@given(st.text(max_size=400) | st.from_regex(r"ey[A-Za-z0-9_=-]{0,80}(\.[A-Za-z0-9_=-]{0,80}){0,5}", fullmatch=True))
def test_any_text_is_read(raw: str) -> None:
    token = read_token(raw)
    assert token.raw.reveal() == raw
    assert check_signature(token).state is not SignatureState.VALID


def test_a_right_signature_fits_the_key_the_token_carries() -> None:
    verdict = check_signature(read_token(signed(x5c=x5c(KEY))))
    assert (verdict.state, verdict.key_source) == (SignatureState.VALID, "the token's own x5c")
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    assert check_signature(read_token(signed(jwk=jwk))).state is SignatureState.VALID


def test_a_signature_by_another_key_or_of_other_claims_is_invalid() -> None:
    assert check_signature(read_token(signed(x5c=x5c(OTHER)))).state is SignatureState.INVALID
    head, _, signature = signed(x5c=x5c(KEY)).split(".")
    claims = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "sub": "root"}).encode()).decode().rstrip("=")
    assert check_signature(read_token(f"{head}.{claims}.{signature}")).state is SignatureState.INVALID


@pytest.mark.parametrize(("algorithm", "key"), [("HS256", "k" * 32), ("none", None)])
def test_algorithms_that_prove_nothing_to_others_are_never_valid(algorithm: str, key: Any) -> None:
    token = read_token(signed(key=key, algorithm=algorithm, x5c=x5c(KEY)))
    assert check_signature(token).state in (SignatureState.UNSUPPORTED, SignatureState.INVALID)


def test_a_token_that_names_a_key_without_carrying_it_cannot_be_checked() -> None:
    verdict = check_signature(read_token(signed(kid="K1")))
    assert verdict.state is SignatureState.NO_KEY
    assert "K1" in verdict.detail


def test_named_keys_decide_over_carried_ones(tmp_path: Path) -> None:
    pem = tmp_path / "trusted.pem"
    pem.write_bytes(certificate(KEY).public_bytes(serialization.Encoding.PEM))
    keys = load_keys(str(pem))
    assert check_signature(read_token(signed(x5c=x5c(KEY))), keys).state is SignatureState.VALID
    assert check_signature(read_token(signed(key=OTHER, x5c=x5c(OTHER))), keys).state is not SignatureState.VALID
    assert check_signature(read_token(signed(kid=libtrust_id(KEY.public_key()))), keys).state is SignatureState.VALID
    assert check_signature(read_token(signed(kid=thumbprint(KEY.public_key()))), keys).state is SignatureState.VALID
    assert check_signature(read_token(signed(kid="other")), keys).state is SignatureState.UNTRUSTED


def test_keys_are_read_from_a_jwks(tmp_path: Path) -> None:
    pair = rsa.generate_private_key(65537, 2048)
    jwks = tmp_path / "jwks.json"
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(pair.public_key(), as_dict=True) | {"kid": "r1"}
    jwks.write_text(json.dumps({"keys": [entry, {"kty": "oct", "k": "AA"}, "x"]}))
    keys = load_keys(str(jwks))
    assert len(keys.keys) == 1
    assert (
        check_signature(read_token(signed(key=pair, algorithm="RS256", kid="r1")), keys).state is SignatureState.VALID
    )


def signed_certificate(key: Any, name: str, by: Any, issuer: str) -> x509.Certificate:
    """A certificate for `key`, issued with the key `by`."""
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .sign(by, hashes.SHA256())
    )


def test_a_chain_that_ends_at_a_given_certificate_is_trusted_whatever_the_order_of_its_links(tmp_path: Path) -> None:
    root, between = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = signed_certificate(root, "root", root, "root")
    link = signed_certificate(between, "between", root, "root")
    leaf = signed_certificate(KEY, "leaf", between, "between")
    pem = tmp_path / "bundle.pem"
    pem.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    keys = load_keys(str(pem))

    def chained(*links: x509.Certificate, key: Any = KEY) -> SignatureState:
        der = [base64.b64encode(c.public_bytes(serialization.Encoding.DER)).decode() for c in links]
        return check_signature(read_token(signed(key=key, x5c=der)), keys).state

    stray = signed_certificate(OTHER, "stray", OTHER, "stray")
    assert chained(leaf, link) is SignatureState.VALID
    assert chained(leaf, stray, authority, link) is SignatureState.VALID
    assert chained(leaf) is SignatureState.UNTRUSTED
    assert chained(leaf, stray) is SignatureState.UNTRUSTED
    assert chained(leaf, link, key=OTHER) is SignatureState.INVALID
    impostor = signed_certificate(KEY, "leaf", OTHER, "root")  # names the root, and is not by it
    assert chained(impostor, authority) is SignatureState.UNTRUSTED


def test_a_token_that_names_no_key_is_checked_against_all(tmp_path: Path) -> None:
    pems = [k.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            for k in (OTHER, KEY)]  # fmt: skip
    both, one = tmp_path / "both.pem", tmp_path / "one.pem"
    both.write_bytes(b"# two public keys\n" + b"\n".join(pems))
    one.write_bytes(pems[0])
    assert len(load_keys(str(both)).keys) == 2
    assert check_signature(read_token(signed()), load_keys(str(both))).state is SignatureState.VALID
    assert check_signature(read_token(signed()), load_keys(str(one))).state is SignatureState.UNTRUSTED
    assert check_signature(read_token(signed()[:-8] + "AAAAAAAA"), load_keys(str(both))).state in (
        SignatureState.UNTRUSTED,
        SignatureState.INVALID,
    )


def test_a_place_on_the_network_and_a_private_key_are_no_files_of_keys(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        load_keys("https://registry.test/jwks.json")
    private = tmp_path / "key.pem"
    private.write_bytes(
        KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    with pytest.raises(UsageError, match="no public key"):
        load_keys(str(private))


@pytest.mark.parametrize("content", [b"", b"{}", b"-----BEGIN CERTIFICATE-----\nx", b"\xff\xfe", b'{"keys": 3}'])
def test_a_file_without_keys_is_wrong_usage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load_keys(str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        load_keys(str(tmp_path / "absent"))


def test_the_chain_tells_subjects_and_validity() -> None:
    (described,) = chain(read_token(signed(x5c=[*x5c(KEY), "!!", 3])))
    assert (described.subject, described.key) == ("CN=signer", "EC secp256r1")
    assert described.valid_at(NOW)
    assert not described.valid_at(NOW + timedelta(days=31))
    assert described.libtrust_id == libtrust_id(KEY.public_key())
    assert len(described.libtrust_id.split(":")) == 12
