"""Which files are worth taking apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from reglens.registry.ways.files import names_registries


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[[registry]]\nlocation = "a.test"', True),
        ('  [[ registry ]]\nlocation = "a.test"', True),
        ('["registry"]', True),
        ('registry = [{location = "a.test"}]', True),
        ('[registries.search]\nregistries = ["a.test"]', True),
        ('registries.search.registries = ["a.test"]', True),
        ("# [[registry]]\n", False),
        ('unqualified-search-registries = ["docker.io"]', False),
        ('[aliases]\n  "registry" = "docker.io/library/registry"', False),
        ("", False),
    ],
)
def test_a_file_of_short_names_alone_is_left_alone(tmp_path: Path, text: str, names: bool) -> None:
    path = tmp_path / "registries.conf"
    path.write_text(text)
    assert names_registries(path) is names


def test_what_cannot_be_read_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert names_registries(tmp_path / "folder")
    assert not names_registries(tmp_path / "none")
