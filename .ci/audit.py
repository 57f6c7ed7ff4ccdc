"""Looks the locked packages up in the database of known vulnerabilities, with pip-audit in an environment of its own.

Fails for a known vulnerability of what people install, if a newer version mends it; of what only tests and builds use
it is told (pytest-textual-snapshot holds pytest below the version that mends GHSA-6w46-j5rx-g56g). Says what it could
not look up, and why; a database that cannot be reached is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".venv" / "audit"
LOCKS = ("run", "dev", "build", "audit")
SHIPPED = "run"
UNREACHABLE = (
    "Max retries exceeded",
    "ConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Could not connect",
    "ProxyError",
)


def install() -> bool:
    """The environment with pip-audit; whether it could be made."""
    if (HOME / "done").exists():
        return True
    venv.create(HOME, with_pip=True, clear=True)
    lock = ROOT / "requirements" / "audit.txt"
    options = ("--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:")
    done = subprocess.run([HOME / "bin" / "python", "-m", "pip", "install", *options, "-r", lock], check=False)
    if done.returncode == 0:
        (HOME / "done").touch()
    return done.returncode == 0


def audited(lock: str) -> list[dict[str, Any]] | str:
    """What the database says of each package of a lock file, or why nothing was learnt."""
    path = ROOT / "requirements" / f"{lock}.txt"
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json", "--timeout", "15")
    done = subprocess.run(
        [HOME / "bin" / "pip-audit", *options, "-r", path], capture_output=True, text=True, check=False
    )
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return done.stderr.strip() or f"pip-audit ended with {done.returncode} and said nothing"
    return found


def told(packages: list[dict[str, Any]]) -> tuple[list[str], int]:
    """The lines to print, and how many vulnerabilities have a fix."""
    lines, mendable = [], 0
    unknown = [package["name"] for package in packages if package.get("skip_reason")]
    if packages and len(unknown) == len(packages):
        return [f"skipped: not reachable: what answers for the database knows none of {len(packages)} packages"], 0
    if unknown:
        lines.append(f"skipped: the database does not know {len(unknown)} of {len(packages)}: {', '.join(unknown)}")
    for package in packages:
        for fault in package.get("vulns", ()):
            fixes = fault.get("fix_versions") or []
            mendable += bool(fixes)
            cure = f"mended in {', '.join(fixes)}" if fixes else "no version mends it yet"
            lines.append(f"{package['name']} {package['version']}: {fault['id']}, {cure}")
    return lines or [f"nothing known against {len(packages)} packages"], mendable


def main() -> int:
    """1 if a known vulnerability of what is shipped has a fix, or the audit itself failed."""
    if not install():
        print("audit: skipped: not reachable: pip-audit could not be installed")
        return 0
    failed = False
    for lock in LOCKS:
        found = audited(lock)
        if isinstance(found, str):
            unreachable = any(word in found for word in UNREACHABLE)
            print(f"audit: {lock}: {'skipped: not reachable: ' if unreachable else ''}{found.splitlines()[-1][:300]}")
            failed = failed or not unreachable
            continue
        lines, mendable = told(found)
        for line in lines:
            print(f"audit: {lock}: {line}")
        failed = failed or (lock == SHIPPED and bool(mendable))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
