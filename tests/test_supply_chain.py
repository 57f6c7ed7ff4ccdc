"""What is installed: locked by hash, from wheels, and looked up in the database of known vulnerabilities."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_package_is_pinned_with_a_hash(lock: Path) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(), flags=re.MULTILINE)
    packages = [entry for entry in entries if entry.strip()]
    assert packages
    for entry in packages:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_packages_are_installed_from_wheels_with_their_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^ONLY_BINARY \?= --only-binary :all:$", makefile, re.MULTILINE)
    assert re.search(r"^PIP .*--require-hashes \$\(ONLY_BINARY\)$", makefile, re.MULTILINE)
    others = [line for line in makefile.splitlines() if "pip install" in line and not line.startswith("PIP")]
    assert all("--no-deps --no-build-isolation --editable ." in line for line in others), "reglens itself, nothing else"


def test_a_vulnerability_that_a_version_mends_counts_and_one_that_none_does_is_told(audit: ModuleType) -> None:
    packages = [
        {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
        {"name": "b", "version": "1", "vulns": [{"id": "CVE-2", "fix_versions": []}]},
        {"name": "c", "skip_reason": "not found"},
    ]
    lines, mendable = audit.told(packages)
    assert mendable == 1
    assert lines == [
        "skipped: the database does not know 1 of 3: c",
        "a 1: CVE-1, mended in 2",
        "b 1: CVE-2, no version mends it yet",
    ]
    assert audit.told(packages[2:])[0][0].startswith("skipped: not reachable")


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ("requests.exceptions.ProxyError: Max retries exceeded", 0, "skipped: not reachable"),
        ("a defect of the tool", 1, "a defect of the tool"),
        ([{"name": "a", "version": "1", "vulns": []}], 0, "nothing known against 1 packages"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}], 1, "mended in 2"),
    ],
)
def test_the_audit_fails_for_what_can_be_mended_and_never_for_lack_of_a_network(
    audit: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: object,
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(audit, "install", lambda: True)
    monkeypatch.setattr(audit, "audited", lambda _lock: said)
    assert audit.main() == code
    assert words in capsys.readouterr().out
    monkeypatch.setattr(audit, "install", lambda: False)
    assert audit.main() == 0
    assert "skipped" in capsys.readouterr().out
