"""A trace as an HTTP Archive (HAR 1.2), with its secrets masked as in the trace itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from reglens import __version__
from reglens.trace.exchange import Exchange

UNKNOWN = -1
"""HAR's value for a size or time that is not known."""


def to_har(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """The archive as a JSON document; exchanges that were never answered have status 0 and a comment saying why."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "reglens", "version": __version__},
            "entries": [_entry(exchange) for exchange in exchanges if exchange.url],
            "comment": "Tokens and passwords are replaced by fingerprints (sha256: and 12 hex digits).",
        }
    }


def _entry(exchange: Exchange) -> dict[str, Any]:
    started = exchange.local_time or exchange.server_time or datetime.fromtimestamp(0, UTC)
    timing = exchange.timing
    waited = timing.first_byte if timing.first_byte is not None else timing.total
    spent = (timing.connect or 0.0) + (timing.tls or 0.0)
    total = timing.total if timing.total is not None else waited
    entry: dict[str, Any] = {
        "startedDateTime": started.isoformat(),
        "time": total if total is not None else 0,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {
            "connect": spent if timing.connect is not None else UNKNOWN,
            "ssl": timing.tls if timing.tls is not None else UNKNOWN,
            "send": 0,
            "wait": max((waited or 0) - spent, 0),
            "receive": max((total or 0) - (waited or 0), 0),
        },
        "comment": "; ".join(
            filter(None, (str(exchange.role), exchange.note, f"via {exchange.via}" if exchange.via else ""))
        ),
    }
    if exchange.peer:
        entry["serverIPAddress"] = exchange.peer.rpartition(":")[0].strip("[]") or exchange.peer
    return entry


def _request(exchange: Exchange) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": exchange.method or "GET",
        "url": exchange.url,
        "httpVersion": exchange.http_version or "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.request_headers.lines),
        "queryString": _pairs(exchange.query),
        "headersSize": UNKNOWN,
        "bodySize": UNKNOWN if exchange.form else 0,
    }
    if exchange.form:
        request["postData"] = {"mimeType": "application/x-www-form-urlencoded", "params": _pairs(exchange.form)}
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    comment = exchange.failure.message if exchange.failure else ""
    return {
        "status": exchange.status or 0,
        "statusText": exchange.reason,
        "httpVersion": exchange.http_version or "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(exchange.response_headers.lines),
        "content": {
            "size": exchange.body.size,
            "mimeType": exchange.response_headers.get("content-type", ""),
            "text": exchange.body.text,
        },
        "redirectURL": exchange.response_headers.get("location", ""),
        "headersSize": UNKNOWN,
        "bodySize": exchange.body.size,
        "comment": comment,
    }


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
