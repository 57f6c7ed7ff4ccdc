"""Image configurations (OCI image spec, "Image Configuration")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reglens.jsontext import loads
from reglens.oci.descriptor import Platform


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of the build. `empty` steps changed only the configuration and made no layer."""

    created: datetime | None
    created_by: str
    comment: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """How the container is asked whether it is well. Spans are in seconds, 0 where the default counts (moby,
    api/types/container, ``HealthConfig``)."""

    test: tuple[str, ...]
    interval: float = 0.0
    timeout: float = 0.0
    start_period: float = 0.0
    retries: int = 0


@dataclass(frozen=True)
class ImageConfig:
    """What a container of the image runs and how the image came to be."""

    document: Mapping[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    platform: Platform
    created: datetime | None = None
    author: str = ""
    user: str = ""
    working_dir: str = ""
    stop_signal: str = ""
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    shell: tuple[str, ...] = ()
    on_build: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    history: tuple[HistoryEntry, ...] = ()
    diff_ids: tuple[str, ...] = ()

    def layer_steps(self, count: int) -> tuple[HistoryEntry | None, ...]:
        """The step that made each of `count` layers, base first; None where the history does not say."""
        made = [entry for entry in self.history if not entry.empty]
        return tuple(made[i] if i < len(made) else None for i in range(count))


def parse_config(raw: bytes) -> ImageConfig:
    """The configuration in `raw`; members of a wrong type are left out. Raises ValueError if it is no JSON object."""
    try:
        document = loads(raw)
    except ValueError:
        raise ValueError("the image configuration is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("the image configuration is JSON, but no object")
    inner = document.get("config")
    run: dict[str, Any] = inner if isinstance(inner, dict) else {}
    rootfs = document.get("rootfs")
    return ImageConfig(
        document=document,
        raw=raw,
        platform=Platform(*(_text(document.get(n)) for n in ("os", "architecture", "variant", "os.version"))),
        created=parse_time(document.get("created")),
        author=_text(document.get("author")),
        user=_text(run.get("User")),
        working_dir=_text(run.get("WorkingDir")),
        stop_signal=_text(run.get("StopSignal")),
        entrypoint=_list(run.get("Entrypoint")),
        cmd=_list(run.get("Cmd")),
        env=tuple((n, v) for n, _, v in (entry.partition("=") for entry in _list(run.get("Env")))),
        ports=_keys(run.get("ExposedPorts")),
        volumes=_keys(run.get("Volumes")),
        healthcheck=_healthcheck(run.get("Healthcheck")),
        shell=_list(run.get("Shell")),
        on_build=_list(run.get("OnBuild")),
        labels={k: v for k, v in _dict(run.get("Labels")).items() if isinstance(v, str)},
        history=_history(document.get("history")),
        diff_ids=_list(rootfs.get("diff_ids")) if isinstance(rootfs, dict) else (),
    )


def parse_time(value: object) -> datetime | None:
    """An RFC 3339 time in UTC, with any number of fraction digits; None for anything else."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    head, dot, tail = value.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        value = f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _history(value: object) -> tuple[HistoryEntry, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(
        HistoryEntry(
            parse_time(e.get("created")),
            _text(e.get("created_by")),
            _text(e.get("comment")),
            e.get("empty_layer") is True,
        )
        for e in entries[:10_000]
        if isinstance(e, dict)
    )


def _healthcheck(value: object) -> Healthcheck | None:
    about = _dict(value)
    test = _list(about.get("Test"))
    if not test:
        return None
    retries = about.get("Retries")
    return Healthcheck(
        test,
        interval=_seconds(about.get("Interval")),
        timeout=_seconds(about.get("Timeout")),
        start_period=_seconds(about.get("StartPeriod")),
        retries=retries if isinstance(retries, int) and retries > 0 else 0,
    )


def _seconds(nanoseconds: object) -> float:
    return nanoseconds / 1e9 if isinstance(nanoseconds, int) and 0 < nanoseconds < 1 << 63 else 0.0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _keys(value: object) -> tuple[str, ...]:
    return tuple(k for k in _dict(value))
