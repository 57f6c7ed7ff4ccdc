"""``registries.conf``: which entry is about a repository, and where it leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from reglens.errors import UsageError
from reglens.registry.ways.machine import Machine
from reglens.registry.ways.model import Meant, Way

HUB = "registry-1.docker.io"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def way(tmp_path: Path, text: str, registry: str, repository: str = "team/app", *, by_digest: bool = False) -> Way:
    write(tmp_path / "etc/containers/registries.conf", text)
    return Machine(environ={}, home=tmp_path / "home", root=tmp_path).way(registry, repository, by_digest=by_digest)


def places(found: Way) -> list[str]:
    return [f"{e.registry}/{e.repository}" + " insecurely" * e.insecure for e in found.endpoints]


MIRRORS = """
[[registry]]
location = "docker.io"
[[registry.mirror]]
location = "mirror.test:5000/hub"
insecure = true
[[registry.mirror]]
location = "tags.test"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
"""


def test_mirrors_come_in_their_order_before_the_registry(tmp_path: Path) -> None:
    found = way(tmp_path, MIRRORS, HUB, "library/alpine")
    assert places(found) == [
        "mirror.test:5000/hub/library/alpine insecurely",
        "tags.test/library/alpine",
        f"{HUB}/library/alpine",
    ]
    assert [endpoint.mirror for endpoint in found.endpoints] == [True, True, False]
    assert any("digests.test is for pulls by digest only" in str(decision) for decision in found.decisions)
    assert places(way(tmp_path, MIRRORS, HUB, "library/alpine", by_digest=True))[1] == "digests.test/library/alpine"


def test_the_registry_as_such_has_no_mirrors(tmp_path: Path) -> None:
    assert places(way(tmp_path, MIRRORS, HUB, "")) == [f"{HUB}/"]


def test_mirrors_by_digest_only(tmp_path: Path) -> None:
    text = '[[registry]]\nlocation="r.test"\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation="m.test"\n'
    assert places(way(tmp_path, text, "r.test")) == ["r.test/team/app"]
    assert places(way(tmp_path, text, "r.test", by_digest=True)) == ["m.test/team/app", "r.test/team/app"]


PREFIXES = """
[[registry]]
prefix = "r.test"
insecure = true
[[registry]]
prefix = "r.test/team"
location = "inner.test/mirrors/team"
[[registry]]
prefix = "r.test/team/secret"
blocked = true
[[registry]]
prefix = "*.wild.test"
insecure = true
[[registry]]
prefix = "*.deep.wild.test"
location = "other.test"
"""


@pytest.mark.parametrize(
    ("registry", "repository", "expected"),
    [
        ("r.test", "app", "r.test/app insecurely"),
        ("r.test", "teams/app", "r.test/teams/app insecurely"),
        ("r.test", "team/app", "inner.test/mirrors/team/app"),
        ("r.test:5000", "app", "r.test:5000/app insecurely"),
        ("a.wild.test", "app", "a.wild.test/app insecurely"),
        ("a.deep.wild.test", "app", "other.test/app"),
        ("wild.test", "app", "wild.test/app"),
        ("xr.test", "app", "xr.test/app"),
    ],
)
def test_the_longest_prefix_counts(tmp_path: Path, registry: str, repository: str, expected: str) -> None:
    assert places(way(tmp_path, PREFIXES, registry, repository)) == [expected]


def test_a_blocked_entry_names_its_file(tmp_path: Path) -> None:
    found = way(tmp_path, PREFIXES, "r.test", "team/secret/app")
    assert found.blocked == str(tmp_path / "etc/containers/registries.conf")
    assert not way(tmp_path, PREFIXES, "r.test", "team/secrets").blocked


def test_the_persons_file_stands_in_place_of_the_systems_and_drop_ins_are_added(tmp_path: Path) -> None:
    etc, own = tmp_path / "etc/containers", tmp_path / "home/.config/containers"
    write(etc / "registries.conf", '[[registry]]\nlocation="system.test"\nblocked=true\n')
    write(etc / "registries.conf.d/10-a.conf", '[[registry]]\nlocation="r.test"\nblocked=true\n')
    write(etc / "registries.conf.d/20-b.conf", '[[registry]]\nlocation="r.test"\ninsecure=true\n')
    write(etc / "registries.conf.d/readme", "no TOML")
    machine = Machine(environ={}, home=tmp_path / "home", root=tmp_path)
    assert machine.way("system.test").blocked
    write(own / "registries.conf", '[[registry]]\nlocation="mine.test"\nblocked=true\n')
    write(own / "registries.conf.d/a.conf", '[[registry]]\nlocation="more.test"\nblocked=true\n')
    machine = Machine(environ={}, home=tmp_path / "home", root=tmp_path)
    assert not machine.way("system.test").blocked
    assert machine.way("mine.test").blocked == "~/.config/containers/registries.conf"
    assert machine.way("more.test").blocked == "~/.config/containers/registries.conf.d/a.conf"
    assert places(machine.way("r.test", "app")) == ["r.test/app insecurely"]
    named = write(tmp_path / "named.conf", '[[registry]]\nlocation="named.test"\nblocked=true\n')
    machine = Machine(environ={"CONTAINERS_REGISTRIES_CONF": str(named)}, home=tmp_path / "home", root=tmp_path)
    assert machine.way("named.test").blocked == str(named)
    assert not machine.way("mine.test").blocked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[registry]\n", "not TOML"),
        ("[[registry]]\ninsecure=true\n", "neither a prefix nor a location"),
        ('[[registry]]\nlocation="https://r.test"\n', "begins with a scheme"),
        ('[[registry]]\nlocation="r.test"\ninsecure="yes"\n', "neither true nor false"),
        ('[registries.search]\nregistries=["r.test"]\n', "version 1"),
        ('[[registry]]\nlocation="r.test"\n[[registry.mirror]]\ninsecure=true\n', "has no location"),
        (
            '[[registry]]\nlocation="r.test"\n[[registry.mirror]]\nlocation="m"\npull-from-mirror="no"\n',
            "pull-from-mirror",
        ),
    ],
)
def test_a_file_that_cannot_be_heeded_is_told_and_passed_over(tmp_path: Path, text: str, words: str) -> None:
    found = way(tmp_path, text, "r.test")
    assert places(found) == ["r.test/team/app"]
    (problem,) = (decision for decision in found.decisions if decision.problem)
    assert words in problem.what
    assert problem.source.endswith("registries.conf")


def test_without_mirrors_the_registry_itself_is_asked_and_a_block_holds(tmp_path: Path) -> None:
    write(tmp_path / "etc/containers/registries.conf", MIRRORS + PREFIXES)
    machine = Machine(environ={}, home=tmp_path, root=tmp_path, mirrors=False)
    found = machine.way(HUB, "library/alpine")
    assert places(found) == [f"{HUB}/library/alpine"]
    assert found.decisions[0].source == "--no-mirrors"
    assert places(machine.way("r.test", "team/app")) == ["r.test/team/app"]
    assert machine.way("r.test", "team/secret").blocked


SHORT = """
unqualified-search-registries = ["first.test", "second.test:5000"]
[aliases]
"tool" = "quay.io/team/tool"
"team/tool" = "ghcr.io/team/tool"
"""


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("tool", "quay.io/team/tool"),
        ("tool:1.2", "quay.io/team/tool:1.2"),
        ("team/tool@sha256:" + "0" * 64, "ghcr.io/team/tool@sha256:" + "0" * 64),
        ("alpine:3", "first.test/alpine:3"),
        ("docker.io/alpine", "docker.io/alpine"),
        ("localhost/tool", "localhost/tool"),
        ("host:5000/tool", "host:5000/tool"),
    ],
)
def test_short_names_are_spelt_out_where_that_was_asked_for(tmp_path: Path, typed: str, full: str) -> None:
    path = write(tmp_path / "etc/containers/registries.conf", SHORT)
    asked = Machine(environ={}, home=tmp_path, root=tmp_path, registries_conf=path)
    meant = asked.meant(typed)
    assert meant.names[0] == full
    assert bool(meant.decisions) == (typed != full)
    for decision in meant.decisions:
        assert decision.source == f"~/{path.relative_to(tmp_path)}"
    assert Machine(environ={}, home=tmp_path, root=tmp_path).meant(typed) == Meant((typed,))


def of_machine(tmp_path: Path, environ: dict[str, str] | None = None) -> Machine:
    return Machine(environ=environ or {}, home=tmp_path, root=tmp_path, short_names=True)


def test_every_registry_to_search_is_a_candidate_in_order(tmp_path: Path) -> None:
    write(tmp_path / "etc/containers/registries.conf", SHORT)
    machine = of_machine(tmp_path)
    assert machine.meant("alpine:3").names == ("first.test/alpine:3", "second.test:5000/alpine:3")
    assert machine.meant("tool:1").names == ("quay.io/team/tool:1",)
    assert machine.searched == (("first.test", "second.test:5000"), "~/etc/containers/registries.conf")


@pytest.mark.parametrize("mode", ["", "permissive", "disabled", "enforcing", "strict"])
def test_the_mode_says_whether_several_are_tried(tmp_path: Path, mode: str) -> None:
    line = f'short-name-mode = "{mode}"\n' if mode else ""
    write(tmp_path / "etc/containers/registries.conf", line + SHORT)
    machine = of_machine(tmp_path)
    if mode == "strict":  # no mode at all: the file is told as unusable, and nobody is asked by it
        meant = machine.meant("alpine")
        assert meant.names == ("alpine",)
        assert meant.decisions[0].problem
        return
    if mode == "enforcing":
        with pytest.raises(UsageError, match=r"first.test/alpine or second.test:5000/alpine.*enforcing"):
            machine.meant("alpine")
        assert machine.meant("tool").names == ("quay.io/team/tool",)
        return
    assert len(machine.meant("alpine").names) == 2


def test_one_registry_to_search_is_taken_in_every_mode(tmp_path: Path) -> None:
    text = 'short-name-mode = "enforcing"\nunqualified-search-registries = ["docker.io"]\n'
    write(tmp_path / "etc/containers/registries.conf", text)
    assert of_machine(tmp_path).meant("alpine").names == ("docker.io/alpine",)


def test_aliases_stand_in_drop_ins_and_in_podmans_own_record_which_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    write(tmp_path / "etc/containers/registries.conf", 'unqualified-search-registries = ["first.test"]\n')
    drop_in = write(
        tmp_path / "etc/containers/registries.conf.d/000-shortnames.conf",
        '[aliases]\n"alpine" = "docker.io/library/alpine"\n"fedora" = "registry.test/fedora"\n"old" = "x.test/old"\n',
    )
    own = write(tmp_path / ".config/containers/registries.conf.d/mine.conf", '[aliases]\n"old" = ""\n')
    record = write(tmp_path / ".cache/containers/short-name-aliases.conf", '[aliases]\n"fedora" = "mine.test/fedora"\n')
    machine = of_machine(tmp_path)
    assert machine.meant("alpine:3").names == ("docker.io/library/alpine:3",)
    assert machine.meant("alpine").decisions[0].source == f"~/{drop_in.relative_to(tmp_path)}"
    assert machine.meant("fedora").names == ("mine.test/fedora",)
    assert machine.meant("fedora").decisions[0].source == f"~/{record.relative_to(tmp_path)}"
    assert machine.meant("old").names == ("first.test/old",), own
    elsewhere = of_machine(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "elsewhere")})
    assert elsewhere.meant("fedora").names == ("registry.test/fedora",)


def test_the_file_that_was_asked_for_must_be_readable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.conf", write(tmp_path / "broken.conf", "= 1")):
        with pytest.raises(UsageError, match=path.name):
            Machine(environ={}, home=tmp_path, root=tmp_path, registries_conf=path)
