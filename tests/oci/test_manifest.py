"""Manifests and image configurations, whole and broken."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reglens.oci import media
from reglens.oci.config import parse_config, parse_time
from reglens.oci.descriptor import Platform
from reglens.oci.digest import Digest
from reglens.oci.manifest import Image, Index, Schema1, parse_manifest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def descriptor(content: bytes, media_type: str = media.OCI_MANIFEST, **more: Any) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content), **more}


def platform(os: str, architecture: str, **more: str) -> dict[str, Any]:
    return {"platform": {"os": os, "architecture": architecture, **more}}


def test_an_index_folds_attestations_under_their_platform() -> None:
    amd, arm = (
        descriptor(b"amd", **platform("linux", "amd64")),
        descriptor(b"arm", **platform("linux", "arm64", variant="v8")),
    )
    about = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": amd["digest"]}
    proof = descriptor(b"att", annotations=about, **platform("unknown", "unknown"))
    index = parse_manifest(json.dumps({"schemaVersion": 2, "manifests": [amd, arm, proof]}).encode(), media.OCI_INDEX)
    assert isinstance(index, Index)
    assert [str(d.platform) for d in index.platforms] == ["linux/amd64", "linux/arm64/v8"]
    assert [str(d.digest) for d in index.attestations(Digest.of(b"amd"))] == [proof["digest"]]
    assert index.attestations(Digest.of(b"arm")) == ()


def test_a_platform_is_chosen_by_what_was_asked_for() -> None:
    entries = [
        descriptor(b"v6", **platform("linux", "arm", variant="v6")),
        descriptor(b"v7", **platform("linux", "arm", variant="v7")),
        descriptor(b"arm64", **platform("linux", "arm64")),
    ]
    index = parse_manifest(json.dumps({"manifests": entries}).encode(), "")
    assert isinstance(index, Index)

    def chosen(text: str) -> str | None:
        found = index.choose(Platform.parse(text))
        return str(found.digest) if found else None

    assert chosen("linux/arm/v7") == entries[1]["digest"]
    assert chosen("linux/arm") == entries[0]["digest"]
    assert chosen("linux/arm64/v8") == entries[2]["digest"]
    assert chosen("linux/s390x") is None


@pytest.mark.parametrize("text", ["linux", "linux/", "a/b/c/d", ""])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a platform"):
        Platform.parse(text)


def test_the_documents_own_media_type_wins_and_the_difference_is_told() -> None:
    raw = json.dumps(
        {"mediaType": media.OCI_MANIFEST, "config": descriptor(b"c", media.OCI_CONFIG), "layers": []}
    ).encode()
    image = parse_manifest(raw, media.DOCKER_MANIFEST)
    assert isinstance(image, Image)
    assert image.media_type == media.OCI_MANIFEST
    assert image.is_container
    assert any("the header says" in problem for problem in image.problems)


def test_an_artifact_is_told_from_a_container_image() -> None:
    config = descriptor(b"{}", "application/vnd.cncf.helm.config.v1+json")
    image = parse_manifest(
        json.dumps({"config": config, "layers": [descriptor(b"l", "x/y")]}).encode(), media.OCI_MANIFEST
    )
    assert isinstance(image, Image)
    assert (image.is_container, image.artifact_type) == (False, config["mediaType"])
    assert image.total_size == 3


def test_schema_1_lists_its_layers_base_first() -> None:
    blobs = [str(Digest.of(b"top")), str(Digest.of(b"base"))]
    raw = json.dumps({"fsLayers": [{"blobSum": b} for b in blobs], "history": []}).encode()
    manifest = parse_manifest(raw, media.DOCKER_SCHEMA1_SIGNED)
    assert isinstance(manifest, Schema1)
    assert [str(layer) for layer in manifest.layers] == blobs[::-1]


def test_an_unknown_media_type_is_still_a_manifest() -> None:
    manifest = parse_manifest(b'{"a": 1}', "application/vnd.example+json; charset=utf-8")
    assert (manifest.media_type, manifest.document) == ("application/vnd.example+json", {"a": 1})


def test_a_descriptor_with_a_bad_digest_is_told_and_never_followed() -> None:
    bad = {"mediaType": "x", "digest": "../../etc/passwd", "size": 1}
    index = parse_manifest(json.dumps({"manifests": [bad, "x", descriptor(b"ok")]}).encode(), media.OCI_INDEX)
    assert isinstance(index, Index)
    assert len(index.manifests) == 1
    assert len(index.problems) == 2


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"3", b"\xff", b"[" * 5000, b'{"a":' * 3000])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="manifest is"):
        parse_manifest(raw, media.OCI_INDEX)
    with pytest.raises(ValueError, match="configuration is"):
        parse_config(raw)


@given(
    st.dictionaries(
        st.sampled_from(["manifests", "layers", "config", "mediaType", "fsLayers", "annotations", "subject"]), JSON
    )
)
def test_any_object_reads_as_some_manifest(document: dict[str, Any]) -> None:
    manifest = parse_manifest(json.dumps(document).encode(), "")
    assert manifest.size > 0
    assert manifest.subject is None or manifest.subject.digest.encoded


@given(st.dictionaries(st.sampled_from(["config", "history", "rootfs", "created", "os", "architecture"]), JSON))
def test_any_object_reads_as_some_configuration(document: dict[str, Any]) -> None:
    config = parse_config(json.dumps(document).encode())
    assert len(config.layer_steps(3)) == 3


def test_history_tells_which_step_made_which_layer() -> None:
    history = [
        {"created": "2024-05-01T12:00:00.123456789Z", "created_by": "ADD rootfs"},
        {"created_by": "ENV A=b", "empty_layer": True},
        {"created_by": "RUN make"},
    ]
    run = {"Env": ["PATH=/bin", "EMPTY", "A=b=c"], "Cmd": ["sh"], "ExposedPorts": {"80/tcp": {}}, "User": "web"}
    config = parse_config(
        json.dumps({"os": "linux", "architecture": "amd64", "history": history, "config": run}).encode()
    )
    assert [step.created_by if step else None for step in config.layer_steps(3)] == ["ADD rootfs", "RUN make", None]
    assert config.env == (("PATH", "/bin"), ("EMPTY", ""), ("A", "b=c"))
    assert (config.ports, config.user, str(config.platform)) == (("80/tcp",), "web", "linux/amd64")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00+00:00"),
        ("2024-05-01T12:00:00.123456789Z", "2024-05-01T12:00:00.123456+00:00"),
        ("2024-05-01T14:00:00.5+02:00", "2024-05-01T12:00:00.500000+00:00"),
        ("2024-05-01T12:00:00", "2024-05-01T12:00:00+00:00"),
        ("0001-01-01T00:00:00+10:00", None),
        ("yesterday", None),
        (3, None),
    ],
)
def test_times_are_read_with_any_fraction_and_in_utc(text: object, iso: str | None) -> None:
    moment = parse_time(text)
    assert (moment.isoformat() if moment else None) == iso


def test_of_a_long_index_little_more_is_kept_than_its_bytes_and_its_entries() -> None:
    """The document that was read is many times as large."""
    entries = ",".join(json.dumps(descriptor(str(number).encode())) for number in range(20_000))
    raw = f'{{"schemaVersion":2,"manifests":[{entries}]}}'.encode()
    tracemalloc.start()
    try:
        index = parse_manifest(raw, media.OCI_INDEX)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert isinstance(index, Index)
    assert len(index.manifests) == len(index.document["manifests"]) == 20_000
    assert kept < 2 * len(raw), f"{kept} octets for {len(raw)}"
