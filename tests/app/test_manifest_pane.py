"""The manifest pane: index, image, artifact, unknown, loading and failed; choosing, unfolding, copying."""

from __future__ import annotations

import json

from reglens.app.visited import Visited
from reglens.app.widgets.json_view import JsonView
from reglens.app.widgets.layer_views import history_lines, layers_lines, short_type
from reglens.app.widgets.layout import plain
from reglens.app.widgets.manifest_pane import ManifestPane
from reglens.app.widgets.manifest_sections import sections_of
from reglens.app.widgets.manifest_views import config_lines, index_lines, linked
from reglens.errors import ErrorEntry, NotFound
from reglens.oci import media
from reglens.oci.config import HistoryEntry, parse_config
from reglens.oci.digest import Digest
from reglens.oci.dockerfile import step_text
from reglens.oci.kinds import describe
from reglens.oci.reference import Reference
from support.exchanges import NOON
from support.manifests import chart, config, digest, image, image_document, index, parsed, unknown
from support.pane_app import PaneApp

ALPINE = Reference.parse("alpine:3.20")


def showing_index(app: PaneApp) -> None:
    app.manifest_pane.show_manifest(ALPINE, index())


async def test_an_index_lists_its_platforms_with_size_and_digest() -> None:
    app = PaneApp("manifest", showing_index)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        text = app.text()
        assert "linux/amd64" in text
        assert "linux/arm64/v8" in text
        assert digest(0xA1) in text
        assert "1022 B" in text
        assert "attestation-manifest" not in text
        assert "index · 7 platforms" in app.screen_text()


async def test_enter_on_a_platform_asks_for_it_by_digest() -> None:
    app = PaneApp("manifest", showing_index)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("j", "enter")
        (message,) = app.heard
        assert isinstance(message, ManifestPane.PlatformChosen)
        assert message.reference.digest == Digest.parse(digest(0xA2))
        assert message.reference.repository == "library/alpine"
        assert message.reference.tag is None


async def test_a_click_on_a_platform_opens_it() -> None:
    app = PaneApp("manifest", showing_index)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.click("Sheet", offset=(5, 2))
        (message,) = app.heard
        assert isinstance(message, ManifestPane.PlatformChosen)
        assert message.reference.digest == Digest.parse(digest(0xA3))


async def test_attestations_unfold_under_their_platform_and_can_be_opened() -> None:
    app = PaneApp("manifest", showing_index)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("j", "plus")
        lines = app.text().split("\n")
        place = next(n for n, line in enumerate(lines) if "linux/arm/v6" in line)
        assert "attestation-manifest" in lines[place + 1]
        assert sum("attestation-manifest" in line for line in lines) == 1
        await pilot.press("j", "enter")
        (message,) = app.heard
        assert isinstance(message, ManifestPane.PlatformChosen)
        assert message.reference.digest == Digest.parse(digest(0xD2))
        await pilot.press("plus")
        assert "attestation-manifest" not in app.text()


async def test_an_index_shown_again_has_the_cursor_where_it_was() -> None:
    app = PaneApp("manifest", showing_index)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("j", "j", "j", "enter")
        app.manifest_pane.show_manifest(ALPINE.at_digest(image().digest), image())
        await pilot.pause()
        assert "platform linux/arm64/v8 of index" in app.screen_text()
        app.manifest_pane.show_manifest(ALPINE, index())
        await pilot.pause()
        marked = [line for line in app.screen_text().split("\n") if "▌" in line]
        assert len(marked) == 1
        assert "linux/arm64/v8" in marked[0]


async def test_an_image_wants_its_configuration_and_shows_it() -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, image()))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        (message,) = app.heard
        assert isinstance(message, ManifestPane.ConfigWanted)
        assert message.image == image()
        await pilot.press("right", "right")
        assert "fetching the configuration" in app.text()
        app.manifest_pane.show_config(Digest.parse(digest(0x11)), config())
        assert "fetching the configuration" in app.text(), "another image's configuration is dropped"
        app.manifest_pane.show_config(Digest.parse(digest(0xEE)), config())
        text = app.text()
        assert "/docker-entrypoint.sh" in text
        assert "python3 -m http.server" in text
        assert "80/tcp" in text
        assert "LANG" in text
        assert "maintainer" in text
        assert "image linux/arm64/v8 · 5 layers" in app.manifest_pane.query_one("Head").render().plain  # type: ignore[union-attr]


async def test_a_configuration_that_could_not_be_had_is_told_in_its_place() -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, image()))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("right", "right")
        app.manifest_pane.show_config_failure(NotFound("the blob is gone", "push the image again", status=404))
        assert "the blob is gone" in app.text()
        assert "push the image again" in app.text()
        await pilot.press("left")
        assert "tar+gzip" in app.text()


def test_layers_show_size_sum_type_and_the_step_that_made_them() -> None:
    text = plain(layers_lines(image(), config(), 100))
    first, made = text.split("\n")[:2]
    assert "3.5 MiB" in first
    assert "tar+gzip" in first
    assert "sha256:b1b1b1b1b1b1" in first
    assert "ADD file:33ebe56b967747a9 in /" in made
    last = text.split("\n")[-1]
    assert "RUN rm -rf /var/cache" in last
    assert max(len(line) for line in text.split("\n")) <= 100


async def test_one_key_leads_from_a_layer_to_its_step_and_enter_back() -> None:
    def prepare(app: PaneApp) -> None:
        app.manifest_pane.show_manifest(ALPINE, image())
        app.manifest_pane.show_config(image().digest, config())

    def marked(app: PaneApp) -> str:
        return "".join(line for line in app.screen_text().split("\n") if "▌" in line)

    app = PaneApp("manifest", prepare)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("right", "j", "j", "m")
        await pilot.pause()
        assert app.manifest_pane.section == "history"
        assert "RUN apk add --no-cache python3" in marked(app)
        await pilot.press("j", "enter")
        assert app.manifest_pane.section == "history", "a step that made no layer leads nowhere"
        await pilot.press("j", "enter")
        await pilot.pause()
        assert app.manifest_pane.section == "layers"
        assert "COPY . /app" in marked(app)


def test_history_keeps_the_steps_that_made_no_layer_apart() -> None:
    text = plain(history_lines(config(), image(), 80, NOON))
    assert text.count("no layer") == 2
    assert 'CMD ["/bin/sh"]' in text
    assert "layer 3 46.2 MiB" in text
    assert "RUN apk add --no-cache python3" in text


def test_steps_read_as_the_dockerfile_lines_they_came_from() -> None:
    def told(by: str, comment: str = "") -> str:
        return step_text(HistoryEntry(None, by, comment))

    assert told('/bin/sh -c #(nop)  ENTRYPOINT ["/x"]') == 'ENTRYPOINT ["/x"]'
    assert told("/bin/sh -c make install") == "RUN make install"
    assert told("RUN |2 A=1 B=2 /bin/sh -c make # buildkit") == "RUN make"
    assert told("WORKDIR /app") == "WORKDIR /app"
    assert told("", "imported") == "imported"


def test_media_types_of_layers_are_short() -> None:
    assert short_type("application/vnd.docker.image.rootfs.diff.tar.gzip") == "tar+gzip"
    assert short_type("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip") == "foreign tar+gzip"
    assert short_type("application/vnd.oci.image.layer.v1.tar+zstd") == "tar+zstd"
    assert short_type("application/vnd.oci.image.layer.v1.tar") == "tar"
    assert short_type("application/vnd.example") == "vnd.example"
    assert short_type("") == "(no type)"


def test_artifacts_are_called_what_they_are() -> None:
    assert describe(chart()).name == "Helm chart"
    assert describe(image()).name == "image"
    assert describe(index()).name == "index"
    assert describe(unknown()).name == "unknown manifest"
    signature = {
        "mediaType": media.OCI_MANIFEST,
        "config": {"mediaType": media.OCI_CONFIG, "digest": digest(1), "size": 2},
        "layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": digest(2), "size": 2}],
    }
    assert describe(parsed(signature)).name == "cosign signature"
    sbom = {
        "mediaType": media.OCI_MANIFEST,
        "artifactType": "application/spdx+json",
        "config": {"mediaType": media.OCI_EMPTY, "digest": digest(1), "size": 2},
        "layers": [{"mediaType": "text/plain", "digest": digest(2), "size": 2}],
    }
    assert describe(parsed(sbom)).name == "SBOM (SPDX)"
    schema1 = {"schemaVersion": 1, "fsLayers": [{"blobSum": digest(3)}]}
    assert describe(parsed(schema1)).name.startswith("image (schema 1")


async def test_what_can_be_copied() -> None:
    app = PaneApp("manifest")
    async with app.run_test():
        pane = app.manifest_pane
        assert (pane.digest, pane.reference) == (None, None)
        pane.show_manifest(ALPINE, image())
        assert pane.digest == str(image().digest)
        assert pane.reference == "registry-1.docker.io/library/alpine:3.20"
        pane.show_loading(ALPINE)
        assert pane.digest is None


async def test_states_without_a_manifest_say_what_to_do() -> None:
    app = PaneApp("manifest")
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        assert "Choose a tag" in app.text()
        app.manifest_pane.show_loading(ALPINE)
        assert "library/alpine:3.20" in app.text()
        error = NotFound(
            "There is no tag 3.99\x1b[31m.",
            "List the tags.",
            status=404,
            entries=(ErrorEntry("MANIFEST_UNKNOWN", "manifest unknown"),),
        )
        app.manifest_pane.show_failure(ALPINE, error)
        text = app.text()
        assert "There is no tag 3.99␛[31m." in text
        assert "HTTP 404" in text
        assert "MANIFEST_UNKNOWN  manifest unknown" in text
        assert "→ List the tags." in text
        app.manifest_pane.explain("The tag does not exist")
        text = app.text()
        assert "→ The tag does not exist. a shows the proof and the cure." in " ".join(text.split())
        assert "HTTP 404" in text
        assert "List the tags" not in text
        app.manifest_pane.show_loading(ALPINE)
        app.manifest_pane.explain("The tag does not exist")
        assert "The tag does not exist" not in app.text()


async def test_an_unknown_type_is_said_and_shown_raw_without_steering_anything() -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, unknown()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "does not know this kind of manifest" in app.text().replace("\n", " ")
        await pilot.press("right")
        await pilot.pause()
        shown = app.screen_text()
        assert '"things": [' in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert app.focused is app.query_one(JsonView)


def test_every_view_fits_the_width_it_is_given() -> None:
    for width in (30, 46, 76, 196):
        for lines in (
            index_lines(index(), width, frozenset({digest(0xA1)}), NOON),
            layers_lines(image(), config(), width),
            history_lines(config(), image(), width, NOON),
        ):
            assert max(line.content.cell_length for line in lines) <= width


def test_an_index_of_very_many_entries_is_listed_in_part_and_says_so() -> None:
    entry = {"mediaType": media.OCI_MANIFEST, "size": 1, "platform": {"os": "linux", "architecture": "amd64"}}
    entries = [{**entry, "digest": "sha256:" + f"{n:064x}"} for n in range(5000)]
    found = parsed({"mediaType": media.OCI_INDEX, "manifests": entries})
    assert len(json.dumps(entries)) > 500_000
    text = plain(index_lines(found, 80, frozenset(), NOON))  # type: ignore[arg-type]
    assert "and 3 000 more" in text.replace("\u202f", " ").replace("\u2009", " ")


async def test_the_history_is_copied_as_a_dockerfile() -> None:
    def prepare(app: PaneApp) -> None:
        app.manifest_pane.show_manifest(ALPINE, image())
        app.manifest_pane.show_config(image().digest, config())

    app = PaneApp("manifest", prepare)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("D")
        assert app.copied == [], "the key is the history's"
        await pilot.press("right", "right", "right", "D")
        (text,) = app.copied
        assert "RUN apk add --no-cache python3\n" in text
        assert text.startswith("# Reconstructed")


def test_only_addresses_that_lead_where_they_say_are_links() -> None:
    def link(value: str) -> object:
        return next((span.style.link for span in linked(value).spans if hasattr(span.style, "link")), None)

    assert link("https://github.com/a/b") == "https://github.com/a/b"
    for value in (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://github.com@evil.test/",
        "https://exa\u202emple.test/",
        "https://\u0435xample.test/",
        "see https://example.test",
        "https://example.test/\x1b]8;;",
    ):
        assert link(value) is None, value


def test_layers_seen_elsewhere_in_this_visit_are_marked() -> None:
    visited = Visited()
    other = parsed({**image_document(), "annotations": {"another": "image"}})
    visited.note(ALPINE, image(), "linux/arm64/v8")
    assert visited.others(ALPINE, image(), image().layers[0]) == (), "not shared with itself"
    visited.note(Reference.parse("alpine:3.19"), other)
    visited.note(Reference.parse("team/app:1"), parsed({**image_document(), "annotations": {"a": "third"}}))
    visited.note(Reference.parse("ghcr.io/team/app:1"), parsed({**image_document(), "annotations": {"a": "far"}}))
    shared = visited.others(ALPINE, image(), image().layers[0])
    assert shared == ("team/app 1", "3.19"), "the latest first, and none of another registry"
    text = plain(layers_lines(image(), config(), 100, lambda layer: ("a", "b", "c", "d", "e")))
    assert "= shared with a, b, c and 2 more, seen in this visit" in text
    assert max(len(line) for line in text.split("\n")) <= 100


async def test_what_is_shared_is_said_in_the_layers_section() -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(Reference.parse("alpine:3.19"), image()))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        pane = app.manifest_pane
        pane.show_manifest(ALPINE, parsed({**image_document(), "annotations": {"another": "image"}}))
        pane.show_section("layers")
        assert app.text().count("= shared with 3.19, seen in this visit") == 5


async def test_an_artifact_shows_what_matters_first() -> None:
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, chart()))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        (message,) = app.heard
        assert isinstance(message, ManifestPane.ConfigWanted)
        document = {"name": "nginx", "version": "1.2.3", "home": "https://example.com", "evil": "\x1b[31m"}
        app.manifest_pane.show_config(chart().digest, parse_config(json.dumps(document).encode()))
        lines = app.text().split("\n")
        assert lines[0].startswith("Helm chart")
        assert lines[1].split() == ["chart", "nginx"]
        assert "nginx-1.2.3.tgz  the chart" in app.text()
        assert "platform" not in app.text()
        await pilot.press("right", "right")
        assert '"version": "1.2.3"' in app.text(), "its config as it is"
        assert "\x1b" not in app.text()


def test_a_healthcheck_is_told_in_words() -> None:
    run = {"Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost"], "Interval": 30_000_000_000, "Retries": 3},
           "Shell": ["/bin/bash", "-c"], "OnBuild": ["COPY . /app"]}  # fmt: skip
    text = plain(config_lines(parse_config(json.dumps({"config": run}).encode()), 100, NOON))
    row = next(line for line in text.split("\n") if line.startswith("healthcheck"))
    assert row.split(maxsplit=1)[1] == "curl -f http://localhost  every 30 s, 3 tries"
    assert "/bin/bash -c" in text
    assert "COPY . /app" in text
    off = parse_config(b'{"config": {"Healthcheck": {"Test": ["NONE"]}}}')
    assert "switched off" in plain(config_lines(off, 100, NOON))
    for broken in (b'{"config": {"Healthcheck": 1}}', b'{"config": {"Healthcheck": {"Test": "x"}}}'):
        assert parse_config(broken).healthcheck is None


async def test_the_dockerfile_can_be_read() -> None:
    def prepare(app: PaneApp) -> None:
        app.manifest_pane.show_manifest(ALPINE, image())
        app.manifest_pane.show_config(image().digest, config())
        app.manifest_pane.show_section("history")

    app = PaneApp("manifest", prepare)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("d")
        assert app.text().startswith("# Reconstructed from the image's history")
        assert "RUN apk add --no-cache python3" in app.text()
        await pilot.press("d")
        assert "# Reconstructed" not in app.text()


async def test_schema_1_tells_its_configuration_and_history() -> None:
    entry = {"created": "2015-04-22T10:00:00Z", "config": {"Cmd": ["sh"], "Env": ["A=b"]}, "architecture": "arm"}
    old = {"created": "2015-04-21T10:00:00Z", "container_config": {"Cmd": ["/bin/sh -c #(nop) ADD file:1 in /"]}}
    document = {
        "schemaVersion": 1, "architecture": "arm", "fsLayers": [{"blobSum": digest(3)}, {"blobSum": digest(4)}],
        "history": [{"v1Compatibility": json.dumps(each)} for each in (entry, old)],
    }  # fmt: skip
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, parsed(document)))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        assert not app.heard, "there is no config to ask for"
        app.manifest_pane.show_section("config")
        assert "linux/arm" in app.text()
        app.manifest_pane.show_section("history")
        lines = app.text().split("\n")
        assert "layer 1" in lines[0]
        assert "ADD file:1 in /" in lines[1]
        broken = {**document, "history": [{"v1Compatibility": "{"}, 7]}
        app.manifest_pane.show_manifest(ALPINE, parsed(broken))
        assert [section.name for section in sections_of(parsed(broken))] == ["overview", "layers", "json"]


async def test_an_entry_of_a_cache_is_opened_as_the_layer_that_it_is() -> None:
    entries = [
        {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(1), "size": 5},
        {"mediaType": "application/vnd.buildkit.cacheconfig.v0", "digest": digest(2), "size": 9},
    ]
    cache = parsed({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": entries})
    app = PaneApp("manifest", lambda app: app.manifest_pane.show_manifest(ALPINE, cache))
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        assert "BuildKit cache · 2 entries" in app.screen_text()
        await pilot.press("j", "enter")
        (message,) = app.heard
        assert isinstance(message, ManifestPane.LayerChosen)
        assert message.number == 2
