"""What servers, and proxies before them, answer when they fail: 5xx, 429, 413, 407."""

from __future__ import annotations

from collections.abc import Iterator

from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.scene import Scene
from reglens.oci.reference import split_port
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange, Role


def is_page(exchange: Exchange) -> bool:
    start = exchange.body.data[:200].lstrip().lower()
    return exchange.media_type == "text/html" or start.startswith((b"<!doctype", b"<html"))


def server_failed(scene: Scene, exchange: Exchange, who: str) -> Finding:
    gateway = exchange.status in (502, 503, 504)
    page = f" {scene.product.name} reports outages at {scene.product.status}." if scene.product.status else ""
    return proven(
        "registry-error",
        f"{who} failed with {exchange.status}",
        f"{exchange.status} is a fault on the server's side; nothing that the client sends differently cures it."
        + (" What answers is the proxy in front; the service behind it is down or overloaded." if gateway else "")
        + page,
        [scene.proof(exchange, "status", "status", exchange.status), scene.proof(exchange, "url", "URL", exchange.url)],
        Fix(
            "Try again later; if it is your own, read its log." + (f" See {scene.product.status}." if page else ""),
            (f"curl -i {quoted(exchange.url)}",) if exchange.url else (),
        ),
    )


def failed(scene: Scene) -> Iterator[Finding]:
    """5xx, 429, 413, 407, 511 of the registry or the token server."""
    for exchange in (scene.refusal, scene.grant if scene.grant_failed else None):
        if exchange is None or exchange.status is None:
            continue
        status = scene.proof(exchange, "status", "status", exchange.status)
        codes = {entry.code for entry in exchange.errors}
        if exchange.status == 429 or "TOOMANYREQUESTS" in codes:
            yield limited(scene, exchange)
        elif exchange.status in (407, 511):
            yield proven(
                "proxy-interference",
                "A proxy wants a login of its own",
                f"{exchange.status} does not come from the registry but from a proxy between.",
                [status],
                proxy_fix(scene),
            )
        elif exchange.status == 413:
            yield proven(
                "proxy-interference",
                "Something on the way refuses a body of this size",
                "413 comes from a proxy or ingress in front of the registry, whose limit the layer exceeds.",
                [status],
                Fix(
                    "Raise its limit.",
                    ("client_max_body_size 0;  # nginx", 'nginx.ingress.kubernetes.io/proxy-body-size: "0"'),
                ),
            )
        elif exchange.status == 451:
            yield likely(
                "network-denied",
                "The answer is withheld for legal reasons",
                "451 (RFC 7725) is what a server answers that may not serve a resource, here or to this place: a "
                "sanction, a block by country, or a network's own filter.",
                [status],
                Fix("Ask whoever runs the registry or the network; another mirror may serve it.", ()),
            )
        elif exchange.status >= 500 and exchange.role is not Role.TOKEN:
            yield server_failed(scene, exchange, "The registry")


def limited(scene: Scene, exchange: Exchange) -> Finding:
    """429, or the code TOOMANYREQUESTS."""
    wait = exchange.response_headers.get("retry-after", "")
    who = "The token server" if exchange.role is Role.TOKEN else scene.product.name[:1].upper() + scene.product.name[1:]
    hub = scene.is_hub
    return proven(
        "rate-limited",
        "Asked too often",
        f"{who} answered {exchange.status}: the quota is used up"
        + (f", it says to wait {wait} s." if wait.isdigit() else f", until {wait}." if wait else ".")
        + (
            " Docker Hub counts anonymous pulls by address, so others behind the same address count as well."
            if hub
            else ""
        ),
        [
            scene.proof(exchange, "status", "status", exchange.status),
            *([scene.proof(exchange, "retry-after", "Retry-After", wait)] if wait else []),
        ],
        Fix(
            "Wait, and ask less often; logged-in callers have a larger quota, and a pull-through cache asks once for "
            "all.",
            (fixes.login_command(scene),),
        ),
    )


def proxy_fix(scene: Scene) -> Fix:
    """How to look for a proxy on the way."""
    host = scene.registry or "<registry>"
    plain = any((exchange.url or "").startswith(f"http://{host}/") for exchange in scene.evidence.exchanges)
    asks = any(exchange.status in (407, 511) for exchange in scene.evidence.exchanges)
    wanted = "Give the client the proxy's credentials, or let" if asks else "Find what answers in between, and let"
    return Fix(
        f"{wanted} this host bypass the proxy; for docker's daemon in "
        "/etc/systemd/system/docker.service.d/http-proxy.conf.",
        (
            "env | grep -i proxy; systemctl show docker --property Environment",
            f"NO_PROXY={split_port(host)[0]} curl -v http{'' if plain else 's'}://{host}/v2/",
        ),
    )


RULES = (failed,)
