"""Notary signatures in both envelopes and every algorithm; CBOR within bounds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.oci import cbor
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.notary import NotarySignature, read_notary
from reglens.oci.opened import open_blob
from support.manifests import digest
from support.notation import MOMENT, cose, encoded, jws

TARGET = digest(7)
ALGORITHMS = ["ES256", "ES384", "ES512", "PS256", "PS384", "PS512"]


def read(raw: bytes) -> NotarySignature:
    found = read_notary(raw)
    assert found is not None
    return found


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("form", ["JWS", "COSE"])
def test_a_signature_is_read_and_checked_in_both_envelopes(form: str, algorithm: str) -> None:
    raw = json.dumps(jws(TARGET, algorithm)).encode() if form == "JWS" else cose(TARGET, algorithm)
    found = read(raw)
    assert (found.envelope, found.target, found.algorithm, found.scheme) == (form, TARGET, algorithm, "x509")
    assert found.fits is True
    assert found.signed == MOMENT
    assert found.agent == "notation-go/1.3.0"
    assert found.annotations == (("build", "4711"),)
    assert found.identity is not None
    assert found.identity.names == ("CN=signer.test",)
    assert found.identity.chain == ("CN=authority.test",)


def test_what_only_jws_has_here() -> None:
    found = read(json.dumps(jws(TARGET)).encode())
    assert found.expires is not None
    assert found.stamped
    assert not read(cose(TARGET)).stamped


def test_another_payload_does_not_fit() -> None:
    one, other = jws(TARGET), jws(digest(8))
    assert read(json.dumps(one | {"payload": other["payload"]}).encode()).fits is False
    raw = cose(TARGET)
    changed = raw.replace(TARGET.encode(), digest(8).encode())
    assert read(changed).fits is False
    assert read(changed).target == digest(8)


def test_without_a_certificate_nobody_is_named() -> None:
    document = jws(TARGET)
    for chain in ([], ["AAAA"], ["AAAA", document["header"]["x5c"][1]]):
        found = read(json.dumps(document | {"header": {"x5c": chain}}).encode())
        assert (found.identity, found.fits) == (None, None), "an authority is never taken for the signer"


def test_an_opened_blob_says_what_it_is() -> None:
    for raw, kind in (
        (cose(TARGET), "Notary signature (COSE)"),
        (json.dumps(jws(TARGET)).encode(), "Notary signature (JWS)"),
    ):
        assert open_blob(Descriptor("application/cose", Digest.of(raw), len(raw)), raw).kind == kind


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_no_octets_raise_anything(raw: bytes, at: int, octet: int) -> None:
    broken = bytearray(_GOOD)
    broken[at % len(broken)] = octet
    for tried in (raw, b"\xd2" + raw, bytes(broken), _GOOD[:at]):
        read_notary(tried)


_GOOD = cose(TARGET)


@given(
    st.recursive(
        st.integers(-(1 << 63), 1 << 63) | st.binary(max_size=300) | st.text(max_size=40),
        lambda inner: (
            st.lists(inner, max_size=30)
            | st.dictionaries(st.integers(-99, 99) | st.text(max_size=5), inner, max_size=5)
        ),
        max_leaves=20,
    )
)
@settings(deadline=None)
def test_cbor_reads_what_was_written(value: object) -> None:
    assert cbor.loads(encoded(value)) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x18", b"\x81", b"\x9f\x01", b"\x5f\x41a", b"\x01\x01", b"\x1c", b"\xa1\x80\x01", b"\x1f", b"\xff",
        b"\x81" * 40 + b"\x01", b"\x9b" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"\x62\xff\xfe", b"\xf8\x20",
    ],
)  # fmt: skip
def test_broken_cbor_is_told(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        cbor.loads(raw)


def test_cbor_of_unknown_length() -> None:
    assert cbor.loads(b"\x9f\x01\x5f\x41a\x41b\xff\xff") == [1, b"ab"]
    assert cbor.loads(b"\xbf\x61a\xf5\xff") == {"a": True}
    assert cbor.loads(b"\xfb" + b"\x3f\xf8" + b"\0" * 6) == 1.5
