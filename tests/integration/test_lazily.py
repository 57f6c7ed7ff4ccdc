"""Layers with tables of contents, read by parts from Debian's docker-registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reglens.app.lazily import read_file, read_toc
from reglens.auth.credentials import Anonymous
from reglens.oci.manifest import Image
from reglens.oci.reference import Reference
from reglens.registry.session import Session
from reglens.trace.exchange import Role
from support.images import CONFIG, MANIFEST, Layout
from support.lazy_layers import LazyLayer, Member, estargz, zstd_chunked
from support.processes import need, run

from .conftest import Peer

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("integration")]
NOISE = b"".join(i.to_bytes(4, "big") * 3 for i in range(200_000))
MEMBERS = (Member("etc/motd", b"hello\n"), Member("large", NOISE), Member("last", b"the last\n"))


@pytest.mark.parametrize("write", [estargz, zstd_chunked])
async def test_little_of_a_layer_is_read(write: Callable[..., LazyLayer], open_registry: Peer, tmp_path: Path) -> None:
    need("skopeo")
    layer = write(MEMBERS)
    layout = Layout(tmp_path / "layout")
    described = layout.blob(layer.raw, layer.media_type) | {"annotations": layer.annotations}
    config = layout.document({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers"}}, CONFIG)
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [described]}
    layout.tag("1", layout.document(document, MANIFEST))
    repository = f"lazy/{write.__name__}"
    run(
        "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "--preserve-digests",
        f"oci:{tmp_path / 'layout'}:1", f"docker://{open_registry.host}/{repository}:1",
    )  # fmt: skip
    async with Session(open_registry.host, credentials=Anonymous()) as session:
        manifest = await session.manifest(Reference(open_registry.host, repository, "1"))
        assert isinstance(manifest, Image)
        (found,) = manifest.layers
        contents = await read_toc(session, repository, found)
        assert contents is not None
        assert [(e.path, e.size) for e in contents.toc.entries] == [(m.name, len(m.content)) for m in MEMBERS]
        for number, member in enumerate(MEMBERS):
            entry = contents.toc.entries[number]
            assert await read_file(session, repository, found, contents, entry, 1000) == member.content[:1000]
        asked = [exchange for exchange in session.trace if exchange.role is Role.BLOB]
        assert {exchange.status for exchange in asked} == {206}
        assert len(asked) == 4
