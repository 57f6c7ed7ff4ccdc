"""What the demo holds: real archives, whole graphs, the same digests everywhere."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from reglens.demo.content.catalogue import Catalogue, Repository
from reglens.demo.content.parts import LAYER_ZSTD, Blob, Layer, gzipped, zstandard
from reglens.oci import media
from reglens.oci.kinds import describe
from reglens.oci.layer import LayerReader
from reglens.oci.manifest import Image, Index, parse_manifest
from reglens.oci.toc import promised
from reglens.oci.unpack import Unpacker


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


def repository(catalogue: Catalogue, name: str) -> Repository:
    found = catalogue.find(name)
    assert found is not None
    return found


def manifest(found: Repository, reference: str) -> Blob:
    blob = found.manifest(reference)
    assert blob is not None
    return blob


def images(found: Repository, reference: str = "latest") -> Iterator[Image]:
    """The images and attestations behind a tag."""
    blob = manifest(found, reference)
    read = parse_manifest(blob.data, blob.media_type)
    assert not read.problems
    if isinstance(read, Index):
        for entry in read.manifests:
            yield from images(found, str(entry.digest))
    else:
        assert isinstance(read, Image)
        yield read


STYLES = {
    "library/alpine": media.OCI_INDEX,
    "library/python": media.OCI_INDEX,
    "library/fedora": media.OCI_INDEX,
    "bitnami/redis": media.DOCKER_LIST,
    "gitlab/gitlab-ce": media.DOCKER_MANIFEST,
    "grafana/grafana-dev": media.OCI_MANIFEST,
    "acme/shop": media.OCI_INDEX,
    "acme/shop-chart": media.OCI_MANIFEST,
    "acme/hello-wasm": media.OCI_MANIFEST,
    "acme/policies": media.OCI_MANIFEST,
    "acme/release-notes": media.OCI_MANIFEST,
    "ai/smollm2": media.OCI_MANIFEST,
    "ai/qwen-tiny": media.OCI_MANIFEST,
    "ai/smollm-ollama": media.DOCKER_MANIFEST,
    "acme/shop-cluster": media.OCI_MANIFEST,
    "acme/lazy": media.OCI_MANIFEST,
    "broken/rate-limited": media.OCI_INDEX,
}


@pytest.mark.parametrize("name", STYLES)
def test_every_part_is_there_and_is_what_its_descriptor_says(catalogue: Catalogue, name: str) -> None:
    found = repository(catalogue, name)
    assert manifest(found, "latest").media_type == STYLES[name]
    for image in images(found):
        assert image.config is not None
        for entry in (image.config, *image.layers):
            part = found.blob(str(entry.digest))
            assert part is not None
            assert (len(part.data), part.media_type) == (entry.size, entry.media_type)
            assert f"sha256:{hashlib.sha256(part.data).hexdigest()}" == str(entry.digest)


KINDS = {
    "library/nginx": "index", "acme/shop-chart": "Helm chart", "acme/hello-wasm": "WebAssembly",
    "acme/policies": "Rego policies (Open Policy Agent)", "acme/release-notes": "artifact",
    "ai/smollm2": "AI model (Docker)", "ai/qwen-tiny": "AI model (ModelPack)", "ai/smollm-ollama": "AI model (Ollama)",
    "acme/shop-cluster": "Flux sources", "acme/shop-cache": "BuildKit cache",
    "acme/museum": "image (schema 1, obsolete)", "acme/lazy": "image",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_there_is_an_example_of_each_kind(catalogue: Catalogue, name: str) -> None:
    blob = manifest(repository(catalogue, name), "latest")
    read = parse_manifest(blob.data, blob.media_type)
    assert not read.problems
    assert describe(read).name == KINDS[name]
    for entry in (*getattr(read, "layers", ()), *(getattr(read, "manifests", ()) if "cache" in name else ())):
        part = repository(catalogue, name).blob(str(getattr(entry, "digest", entry)))
        assert part is not None


def test_lazy_layers_are_archives_whose_tables_tell_the_truth(catalogue: Catalogue) -> None:
    found = repository(catalogue, "acme/lazy")
    (image,) = images(found)
    assert image.config is not None
    config = found.blob(str(image.config.digest))
    assert config is not None
    for entry, diff_id in zip(image.layers, json.loads(config.data)["rootfs"]["diff_ids"], strict=True):
        part = found.blob(str(entry.digest))
        promise = promised(entry)
        assert part is not None
        assert promise is not None
        tail = part.data[promise.first.start : promise.first.stop]
        more = promise.more(tail)
        toc = promise.read((part.data[more.start : more.stop] if more else b"") + tail)
        reader = LayerReader()
        streamed = [e for e in reader.feed(part.data) if e.path != "stargz.index.json"]
        reader.finish()
        assert list(toc.entries) == streamed
        for listed in streamed:
            if listed.size:
                span = toc.span(listed, 1 << 20)
                assert span is not None
                assert len(toc.content(listed, part.data[span.start : span.stop], 1 << 20)) == listed.size
        tar = b"".join(Unpacker().feed(part.data))
        assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == diff_id


def test_all_tags_of_all_repositories_lead_to_a_manifest(catalogue: Catalogue) -> None:
    assert len(catalogue.names) > 200
    for name in catalogue.names:
        found = repository(catalogue, name)
        assert found.tags
        for tag in (found.tags[0], found.tags[len(found.tags) // 2], found.tags[-1]):
            assert found.manifest(tag) is not None


def unpacked(part: Any) -> bytes:
    if part.media_type == LAYER_ZSTD:
        size = int.from_bytes(part.data[5:9], "little")
        out, at, head = b"", 9, 0
        while len(out) < size:
            head = int.from_bytes(part.data[at : at + 3], "little")
            assert head & 6 == 0
            out += part.data[at + 3 : at + 3 + (head >> 3)]
            at += 3 + (head >> 3)
        assert (head & 1, at) == (1, len(part.data))
        return bytes(out)
    return gzip.decompress(part.data)


@pytest.mark.parametrize("name", ["library/nginx", "library/fedora", "bitnami/redis", "grafana/grafana-dev"])
def test_layers_are_archives_and_their_diff_ids_are_right(catalogue: Catalogue, name: str) -> None:
    found = repository(catalogue, name)
    image = next(images(found))
    config = found.blob(str(image.config.digest)) if image.config else None
    assert config is not None
    document = json.loads(config.data)
    names: set[str] = set()
    for entry, diff_id in zip(image.layers, document["rootfs"]["diff_ids"], strict=True):
        tar = unpacked(found.blob(str(entry.digest)))
        assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == diff_id
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            names |= {member.name for member in archive}
    assert {"usr/lib/os-release", "bin"} <= names
    filled = [step for step in document["history"] if not step.get("empty_layer")]
    assert len(filled) == len(image.layers)
    if len(image.layers) > 1:
        assert {"etc/.wh.motd", "usr/local/bin/docker-entrypoint.sh"} <= names


def test_an_official_image_in_full(catalogue: Catalogue) -> None:
    found = repository(catalogue, "library/python")
    blob = manifest(found, "latest")
    index = parse_manifest(blob.data, blob.media_type)
    assert isinstance(index, Index)
    told = {str(entry.platform) for entry in index.platforms if entry.platform}
    assert {"linux/amd64", "linux/arm64/v8", "linux/arm/v7"} <= told
    assert any(platform.startswith("windows/amd64") for platform in told)
    for entry in index.platforms:
        (about,) = index.attestations(entry.digest)
        attestation = manifest(found, str(about.digest))
        kinds = {layer["annotations"]["in-toto.io/predicate-type"] for layer in json.loads(attestation.data)["layers"]}
        assert kinds == {"https://spdx.dev/Document", "https://slsa.dev/provenance/v0.2"}
        statement = json.loads(found.blob(json.loads(attestation.data)["layers"][0]["digest"]).data)  # type: ignore[union-attr]
        assert f"sha256:{statement['subject'][0]['digest']['sha256']}" == str(entry.digest)


def test_variants_and_short_tags(catalogue: Catalogue) -> None:
    found = repository(catalogue, "library/nginx")
    assert manifest(found, "1").digest == manifest(found, "latest").digest
    assert manifest(found, "1-alpine").digest != manifest(found, "1").digest
    assert {"3.20", "3.19", "latest"} <= set(repository(catalogue, "library/alpine").tags)


def test_a_cosign_signature_under_its_tag(catalogue: Catalogue) -> None:
    from cryptography import x509

    found = repository(catalogue, "sigstore/cosign")
    subject = manifest(found, "latest").digest
    (tag,) = [tag for tag in found.tags if tag.endswith(".sig")]
    assert tag == f"{subject.replace(':', '-')}.sig"
    (layer,) = json.loads(manifest(found, tag).data)["layers"]
    payload = found.blob(layer["digest"])
    assert payload is not None
    assert json.loads(payload.data)["critical"]["image"]["docker-manifest-digest"] == subject
    notes = layer["annotations"]
    certificate = x509.load_pem_x509_certificate(notes["dev.sigstore.cosign/certificate"].encode())
    import base64

    key: Any = certificate.public_key()
    key.verify(base64.b64decode(notes["dev.cosignproject.cosign/signature"]), payload.data)


def test_digests_are_the_same_everywhere(catalogue: Catalogue) -> None:
    """Snapshots, documentation and bug reports rely on them: a new digest here is a change of the demo."""
    digests = {name: manifest(repository(catalogue, name), "latest").digest[7:19] for name in STYLES}
    again = {name: manifest(Repository(Catalogue().about[name]), "latest").digest[7:19] for name in STYLES}
    assert digests == again
    assert digests["library/alpine"] == "d23cda945a3c"


def test_an_unknown_digest_is_looked_for_once(catalogue: Catalogue) -> None:
    fresh = Repository(catalogue.about["library/alpine"])
    known = manifest(repository(catalogue, "library/alpine"), "3.20").digest
    assert fresh.manifest(known) is not None
    assert fresh.manifest(f"sha256:{'0' * 64}") is None
    assert fresh.blob(f"sha256:{'0' * 64}") is None


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000, 131_072])
def test_compression_formats_hold_what_was_put_in(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    assert gzip.decompress(gzipped(data)) == data
    assert unpacked(Layer(lambda: (), (), LAYER_ZSTD)) == bytes(10_240)
    packed = zstandard(data)
    assert int.from_bytes(packed[5:9], "little") == size
    assert packed[:4] == b"\x28\xb5\x2f\xfd"
