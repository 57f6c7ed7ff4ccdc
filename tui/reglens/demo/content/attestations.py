"""What is said about an image: BuildKit's attestations, SBOMs and signatures as referrers, cosign's signature tags.

Sources: BuildKit, docs/attestations/attestation-storage.md; OCI image spec 1.1, ``subject``; cosign,
specs/SIGNATURE_SPEC.md; in-toto Statement v0.1; SLSA provenance v0.2; SPDX 2.3; CycloneDX 1.5.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

from reglens.demo.content import sealed
from reglens.demo.content.parts import CREATED, EMPTY, Blob, Part, descriptor, json_blob
from reglens.oci import media

IN_TOTO = "application/vnd.in-toto+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
COSIGN_SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
SPDX = "application/spdx+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
_PACKAGES = (
    ("musl", "1.2.5-r10", "MIT"),
    ("busybox", "1.37.0-r19", "GPL-2.0-only"),
    ("libssl3", "3.5.4-r0", "Apache-2.0"),
)
_MOMENT = datetime.fromtimestamp(CREATED, UTC)


def attestation(name: str, version: str, image: Blob, platform: dict[str, str]) -> tuple[Blob, tuple[Part, ...]]:
    """BuildKit's attestation manifest about one image, with its parts: an SBOM and a provenance."""
    spdx = _statement(name, version, image, "https://spdx.dev/Document", spdx_document(name, version))
    provenance = _statement(
        name, version, image, "https://slsa.dev/provenance/v0.2", _provenance(name, version, platform)
    )
    statements = (spdx, provenance)
    rootfs = {"type": "layers", "diff_ids": [blob.digest for blob, _ in statements]}
    config = json_blob({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": rootfs}, media.OCI_CONFIG)
    manifest = json_blob(
        {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": descriptor(config),
            "layers": [
                descriptor(blob, annotations={"in-toto.io/predicate-type": predicate}) for blob, predicate in statements
            ],
        },
        media.OCI_MANIFEST,
        pretty=True,
    )
    return manifest, (config, *(blob for blob, _ in statements))


def _statement(name: str, version: str, image: Blob, kind: str, predicate: object) -> tuple[Blob, str]:
    subject = {
        "name": f"pkg:docker/{name.removeprefix('library/')}@{version}",
        "digest": {"sha256": image.digest.partition(":")[2]},
    }
    document = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": kind,
        "subject": [subject],
        "predicate": predicate,
    }
    return json_blob(document, IN_TOTO), kind


def _provenance(name: str, version: str, platform: dict[str, str]) -> dict[str, object]:
    source = f"https://example.com/{name}.git"
    return {
        "builder": {"id": "https://example.com/actions/runs/4711"},
        "buildType": "https://mobyproject.org/buildkit@v1",
        "materials": [{"uri": source, "digest": {"sha1": hashlib.sha256(source.encode()).hexdigest()[:40]}}],
        "invocation": {
            "configSource": {"uri": f"{source}#refs/tags/v{version}", "entryPoint": "Dockerfile"},
            "parameters": {"frontend": "dockerfile.v0", "args": {"build-arg:VERSION": version}},
            "environment": {"platform": "/".join(platform.get(k, "") for k in ("os", "architecture"))},
        },
        "metadata": {
            "buildStartedOn": _MOMENT.isoformat(),
            "buildFinishedOn": (_MOMENT + timedelta(minutes=3)).isoformat(),
            "completeness": {"parameters": True, "environment": True, "materials": False},
            "reproducible": False,
        },
    }


def spdx_document(name: str, version: str) -> dict[str, object]:
    """An SBOM of three packages and the product."""
    product = name.rpartition("/")[2]
    packages = ((product, version, "NOASSERTION"), *_PACKAGES)
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}:{version}",
        "documentNamespace": f"https://example.com/sbom/{name}/{version}",
        "creationInfo": {"creators": ["Tool: reglens-demo"], "created": _MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "packages": [
            {
                "name": n,
                "SPDXID": f"SPDXRef-{n}",
                "versionInfo": v,
                "licenseDeclared": licence,
                "downloadLocation": "NONE",
            }
            for n, v, licence in packages
        ],
        "relationships": [
            {"spdxElementId": f"SPDXRef-{one}", "relationshipType": kind, "relatedSpdxElement": f"SPDXRef-{other}"}
            for one, kind, other in (("DOCUMENT", "DESCRIBES", product), *_needs(product, "DEPENDS_ON"))
        ],
    }


def _needs(product: str, kind: str) -> tuple[tuple[str, str, str], ...]:
    """Who depends on whom."""
    return ((product, kind, "busybox"), (product, kind, "libssl3"), ("busybox", kind, "musl"))


def _cyclonedx(name: str, version: str) -> dict[str, object]:
    components = [
        {
            "type": "library",
            "bom-ref": n,
            "name": n,
            "version": v,
            "licenses": [{"license": {"id": licence}}],
            "purl": f"pkg:apk/{n}@{v}",
        }
        for n, v, licence in _PACKAGES
    ]
    about = {"type": "container", "bom-ref": "image", "name": name, "version": version}
    needs: dict[str, list[str]] = {}
    for one, _, other in _needs("image", ""):
        needs.setdefault(one, []).append(other)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": _MOMENT.isoformat(), "component": about},
        "components": components,
        "dependencies": [{"ref": one, "dependsOn": others} for one, others in needs.items()],
    }


def referrers(
    name: str, version: str, subject: Blob
) -> tuple[dict[str, Blob], dict[str, Part], list[dict[str, object]]]:
    """Artifacts about `subject`: two SBOMs, a signature of cosign's, a sigstore bundle, a Notary signature. Gives their
    manifests and blobs by digest, and the descriptors that the referrers API lists."""
    payload, notes = signature(name, subject)
    bundle, notary = sealed.bundle(name, subject), sealed.notary(subject)
    things: tuple[tuple[str, Blob, dict[str, str]], ...] = (
        (SPDX, json_blob(spdx_document(name, version), SPDX), {}),
        (CYCLONEDX, json_blob(_cyclonedx(name, version), CYCLONEDX), {}),
        (COSIGN_SIGNATURE, payload, notes),
        (sealed.BUNDLE, bundle, {}),
        (sealed.NOTARY, notary, {}),
    )
    manifests: dict[str, Blob] = {}
    blobs: dict[str, Part] = {EMPTY.digest: EMPTY}
    listed = []
    for kind, blob, layer_notes in things:
        annotations = {"org.opencontainers.image.created": _MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ")}
        document = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "artifactType": kind,
            "config": descriptor(EMPTY),
            "layers": [descriptor(blob, **({"annotations": layer_notes} if layer_notes else {}))],
            "subject": descriptor(subject),
            "annotations": annotations,
        }
        manifest = json_blob(document, media.OCI_MANIFEST, pretty=True)
        manifests[manifest.digest] = manifest
        blobs[blob.digest] = blob
        listed.append(descriptor(manifest, artifactType=kind, annotations=annotations))
    return manifests, blobs, listed


def signature_image(name: str, subject: Blob) -> tuple[Blob, tuple[Part, ...]]:
    """The manifest under cosign's tag ``sha256-….sig``, and its parts."""
    payload, notes = signature(name, subject)
    rootfs = {"type": "layers", "diff_ids": [payload.digest]}
    config = json_blob({"architecture": "", "os": "", "config": {}, "rootfs": rootfs}, media.OCI_CONFIG)
    document = {
        "schemaVersion": 2,
        "mediaType": media.OCI_MANIFEST,
        "config": descriptor(config),
        "layers": [descriptor(payload, annotations=notes)],
    }
    return json_blob(document, media.OCI_MANIFEST), (config, payload)


def signature(name: str, subject: Blob) -> tuple[Blob, dict[str, str]]:
    """cosign's simple-signing payload, and the annotations with its signature and the signer's certificate.

    The keys are derived, and Ed25519 signatures hold no chance: the digests stay the same.
    """
    document = {
        "critical": {
            "identity": {"docker-reference": f"docker.io/{name}"},
            "image": {"docker-manifest-digest": subject.digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    payload = Blob(json.dumps(document, separators=(",", ":")).encode(), SIMPLE_SIGNING)
    certificate, chain = sealed.certificates()
    signed = base64.b64encode(sealed.key("signer").sign(payload.data)).decode()
    return payload, {
        "dev.cosignproject.cosign/signature": signed,
        "dev.sigstore.cosign/certificate": certificate,
        "dev.sigstore.cosign/chain": chain,
    }
