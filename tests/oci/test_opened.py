"""What blobs say: statements, provenance, bills of materials, signatures. Whatever comes, nothing raises."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reglens.demo.content import attestations as demo
from reglens.demo.content.parts import Blob
from reglens.oci import attestation, sbom
from reglens.oci.attestation import read_statement
from reglens.oci.cosign import read_signature, tags_about
from reglens.oci.descriptor import Descriptor
from reglens.oci.digest import Digest
from reglens.oci.opened import open_blob, readable
from reglens.oci.referrers import names_a_digest
from reglens.oci.sbom import read_sbom

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
IMAGE = Blob(b"{}", "application/vnd.oci.image.manifest.v1+json")


def described(media_type: str = "", **annotations: str) -> Descriptor:
    return Descriptor(media_type, Digest.of(b""), 0, annotations=annotations)


def statement(predicate_type: str, predicate: object) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "app", "digest": {"sha256": "ab" * 32}}],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


V1 = statement(
    "https://slsa.dev/provenance/v1",
    {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"repository": "https://github.com/a/b", "path": ".github/w.yml"}},
            "resolvedDependencies": [{"uri": "git+https://github.com/a/b", "digest": {"gitCommit": "c0ffee"}}],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/actions/runner"},
            "metadata": {"invocationId": "run 7", "startedOn": "2026-01-01T00:00:00Z"},
        },
    },
)


def test_provenance_v1_is_read() -> None:
    found = read_statement(V1)
    assert found is not None
    assert found.provenance is not None
    assert found.provenance.builder == "https://github.com/actions/runner"
    assert found.provenance.source == "https://github.com/a/b"
    assert found.provenance.entry_point == ".github/w.yml"
    assert found.provenance.invocation == "run 7"
    assert found.provenance.materials[0].digests == (("gitCommit", "c0ffee"),)
    assert ("workflow.path", ".github/w.yml") in found.provenance.parameters
    assert found.subjects[0].name == "app"
    assert found.envelope is None


def enveloped(document: object) -> dict[str, Any]:
    payload = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": payload,
        "signatures": [{"keyid": "k", "sig": "c2ln"}],
    }


def test_a_statement_in_an_envelope_and_in_a_bundle_is_the_same_statement() -> None:
    bare = read_statement(V1)
    assert bare is not None
    wrapped = read_statement(enveloped(V1))
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": base64.b64encode(b"no certificate").decode()}},
        "dsseEnvelope": enveloped(V1),
    }
    bundled = read_statement(bundle)
    assert wrapped is not None
    assert bundled is not None
    assert wrapped.provenance == bundled.provenance == bare.provenance
    assert wrapped.envelope is not None
    assert wrapped.envelope.signatures == ("k",)
    assert bundled.envelope is not None
    seal = open_blob(described(), json.dumps(bundle).encode()).seal
    assert seal is not None
    assert seal.identity is None, "what is no certificate names nobody"


def test_an_sbom_within_a_statement_is_found() -> None:
    raw = json.dumps(statement("https://spdx.dev/Document", demo.spdx_document("acme/shop", "1.0"))).encode()
    found = open_blob(described(), raw)
    assert found.kind == "SBOM (in-toto statement)"
    assert found.sbom is not None
    assert {p.name for p in found.sbom.packages} == {"musl", "busybox", "libssl3", "shop"}


def test_spdx_relationships_make_a_tree_whichever_way_they_are_told() -> None:
    names = ("app", "lib", "deep")
    found = read_sbom(
        {
            "spdxVersion": "SPDX-2.3",
            "packages": [{"SPDXID": n, "name": n, "licenseConcluded": "NOASSERTION", "licenseDeclared": "MIT"}
                         for n in reversed(names)],
            "relationships": [
                {"spdxElementId": "app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "lib"},
                {"spdxElementId": "deep", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "lib"},
            ],
        }
    )  # fmt: skip
    assert found is not None
    assert [(p.name, p.depth) for p in found.packages] == [("app", 0), ("lib", 1), ("deep", 2)]
    assert found.licences == (("MIT", 3),)


def test_cyclonedx_components_nest_and_depend() -> None:
    found = read_sbom(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [
                {"name": "outer", "bom-ref": "o", "components": [{"name": "inner", "group": "g", "bom-ref": "i"}],
                 "licenses": [{"expression": "MIT OR ISC"}]},
                {"name": "other", "bom-ref": "x", "version": "2"},
            ],
            "dependencies": [{"ref": "i", "dependsOn": ["x"]}],
        }
    )  # fmt: skip
    assert found is not None
    assert [(p.name, p.depth) for p in found.packages] == [("outer", 0), ("g/inner", 1), ("other", 2)]
    assert found.packages[0].licence == "MIT OR ISC"


def test_rings_among_packages_end_and_lose_none() -> None:
    ring = {
        "spdxVersion": "SPDX-2.3",
        "packages": [{"SPDXID": n, "name": n} for n in "abc"],
        "relationships": [
            {"spdxElementId": a, "relationshipType": "CONTAINS", "relatedSpdxElement": b}
            for a, b in ("ab", "bc", "ca", "aa")
        ],
    }
    found = read_sbom(ring)
    assert found is not None
    assert sorted(p.name for p in found.packages) == ["a", "b", "c"]


def test_packages_that_share_a_key_are_all_kept() -> None:
    found = read_sbom({"spdxVersion": "SPDX-2.3", "packages": [{"name": f"p{n}"} for n in range(50)]})
    assert found is not None
    assert len(found.packages) == 50


def test_a_signature_is_checked_against_the_key_of_its_certificate() -> None:
    payload, notes = demo.signature("acme/shop", IMAGE)
    found = read_signature(payload.data, notes)
    assert found is not None
    assert found.digest == IMAGE.digest
    assert found.fits is True
    assert found.identity is not None
    assert found.identity.names == ("https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main",)
    assert found.identity.issuer == "https://token.actions.githubusercontent.com"
    assert found.identity.key == "Ed25519"
    other = read_signature(payload.data.replace(b"docker.io", b"evil.test"), notes)
    assert other is not None
    assert other.fits is False
    bare = read_signature(payload.data, {})
    assert bare is not None
    assert bare.identity is None
    assert bare.fits is None


def test_tags_that_stand_for_digests_are_known() -> None:
    digest = Digest.of(b"x")
    assert all(names_a_digest(tag) for tag in tags_about(digest))
    assert names_a_digest(f"sha256-{digest.encoded}")
    assert not any(names_a_digest(tag) for tag in ("latest", "1.2", "sha256-abc", f"v-{digest.encoded}.zip"))


def test_text_is_told_from_octets() -> None:
    assert readable("grüß".encode()) == "grüß"
    assert readable("grü".encode()[:-1]) == "gr", "a character cut at the end is left out"
    assert readable(b"\xff\xfe") is None
    assert readable(b"a\0b") is None
    assert open_blob(described(), b"plain").kind == "text"
    assert open_blob(described(), b"\x1f\x8b\x08").kind == "octets"


@settings(max_examples=150, deadline=None)
@given(JSON, st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3))
def test_no_document_makes_the_readers_raise(value: object, annotations: dict[str, str]) -> None:
    for document in (
        value,
        statement("https://slsa.dev/provenance/v1", value),
        statement("https://slsa.dev/provenance/v0.2", {"invocation": value, "materials": value, "metadata": value}),
        {"_type": "https://in-toto.io/Statement/v1", "subject": value, "predicate": value},
        {"spdxVersion": "SPDX-2.3", "packages": value, "relationships": value, "creationInfo": value},
        {"bomFormat": "CycloneDX", "components": value, "dependencies": value, "metadata": value},
        {"@context": "https://spdx.org/", "@graph": value},
        {"@context": "https://spdx.org/", "@graph": [value, {"type": "software_Package", "spdxId": value}]},
        {"payloadType": "x", "payload": "e30=", "signatures": value},
        {"critical": {"image": {"docker-manifest-digest": "sha256:x"}, "identity": value}, "optional": value},
    ):
        notes = {
            "dev.cosignproject.cosign/signature": "AAAA",
            "dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "dev.sigstore.cosign/bundle": json.dumps({"Payload": value}),
        }
        open_blob(Descriptor("", Digest.of(b""), 0, annotations=annotations | notes), json.dumps(document).encode())


@given(st.binary(max_size=200))
def test_no_octets_make_the_readers_raise(raw: bytes) -> None:
    assert open_blob(described(), raw).size == len(raw)


def test_readers_bound_what_they_keep() -> None:
    many = {f"k{n}": "v" for n in range(attestation.MAX_ENTRIES + 10)}
    found = read_statement(statement("https://slsa.dev/provenance/v0.2", {"invocation": {"parameters": many}}))
    assert found is not None
    assert found.provenance is not None
    assert len(found.provenance.parameters) == attestation.MAX_ENTRIES
    packages = [{"name": "p", "SPDXID": str(n)} for n in range(sbom.MAX_PACKAGES + 5)]
    large = read_sbom({"spdxVersion": "SPDX-2.3", "packages": packages})
    assert large is not None
    assert len(large.packages) == sbom.MAX_PACKAGES
    assert large.left_out == 5
