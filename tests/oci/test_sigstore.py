"""Sigstore bundles and signed envelopes: who sealed them, and whether the seal fits."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest

from reglens.demo.content import sealed
from reglens.demo.content.parts import Blob
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.opened import Opened, open_blob
from reglens.oci.sigstore import Seal, read_seal

SUBJECT = Blob(b"{}", "application/vnd.oci.image.manifest.v1+json")
BUNDLE: dict[str, Any] = json.loads(sealed.bundle("team/app", SUBJECT).data)


def seal(document: object, **annotations: str) -> Seal:
    found = read_seal(document, annotations)
    assert found is not None
    return found


def opened(document: object) -> Opened:
    raw = json.dumps(document).encode()
    return open_blob(Descriptor("application/json", Digest.of(raw), len(raw)), raw)


def test_a_bundle_tells_signer_log_and_whether_it_fits() -> None:
    found = seal(BUNDLE)
    assert (found.kind, found.about, found.fits) == ("sigstore bundle v0.3", "envelope", True)
    assert found.log_index == "4711"
    assert found.logged is not None
    assert found.identity is not None
    assert found.identity.names[0].startswith("https://github.com/acme/shop/")
    assert found.identity.issuer == "https://token.actions.githubusercontent.com"


def test_its_statement_is_read_too() -> None:
    whole = opened(BUNDLE)
    assert whole.statement is not None
    assert whole.statement.predicate_type == "https://sigstore.dev/cosign/sign/v1"
    assert whole.seal is not None
    assert whole.seal.fits


def test_a_changed_statement_does_not_fit() -> None:
    changed = copy.deepcopy(BUNDLE)
    changed["dsseEnvelope"]["payload"] = base64.b64encode(b'{"_type":"https://in-toto.io/Statement/v1"}').decode()
    assert seal(changed).fits is False
    changed = copy.deepcopy(BUNDLE)
    changed["dsseEnvelope"]["payloadType"] = "text/plain"
    assert seal(changed).fits is False, "the type is signed too"


def test_a_bundle_of_a_bare_message() -> None:
    told = {"algorithm": "SHA2_256", "digest": base64.b64encode(bytes(32)).decode()}
    document = {k: v for k, v in BUNDLE.items() if k != "dsseEnvelope"} | {
        "messageSignature": {"messageDigest": told, "signature": "AAAA"}
    }
    found = seal(document)
    assert (found.about, found.digest, found.fits) == ("message", f"sha256:{'00' * 32}", None)
    assert opened(document).kind == "sigstore bundle v0.3"


def test_a_public_key_is_named_by_its_hint() -> None:
    document = BUNDLE | {"verificationMaterial": {"publicKey": {"hint": "key-1"}}}
    found = seal(document)
    assert (found.key_hint, found.identity, found.fits) == ("key-1", None, None)


def test_an_envelope_of_cosigns_has_its_certificate_in_annotations() -> None:
    certificate, chain = sealed.certificates()
    notes = {"dev.sigstore.cosign/certificate": certificate, "dev.sigstore.cosign/chain": chain}
    found = read_seal(BUNDLE["dsseEnvelope"], notes)
    assert found is not None
    assert (found.kind, found.fits) == ("DSSE envelope", True)
    assert found.identity is not None
    assert found.identity.chain == ("CN=reglens demo sigstore",)
    alone = read_seal(BUNDLE["dsseEnvelope"], {"dev.sigstore.cosign/chain": chain})
    assert alone is not None
    assert alone.identity is None, "an authority is never taken for the signer"


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"mediaType": "application/json"},
        {"payload": 1, "payloadType": "x"},
    ],
)  # fmt: skip
def test_what_is_no_envelope(document: object) -> None:
    assert read_seal(document, {}) is None


@pytest.mark.parametrize("member", ["verificationMaterial", "dsseEnvelope"])
@pytest.mark.parametrize("value", [None, 1, [], "x", {"tlogEntries": [1]}, {"certificate": 1, "signatures": [1]}])
def test_a_bundle_of_another_shape_says_what_it_can(member: str, value: object) -> None:
    found = seal(BUNDLE | {member: value})
    assert found.fits in (None, False)
