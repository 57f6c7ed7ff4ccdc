"""What decides the way to a registry, in words, each with the file, variable or option that says so."""

from __future__ import annotations

import os
from collections.abc import Mapping

from reglens.oci.reference import is_loopback
from reglens.registry.options import Options
from reglens.registry.ways.model import Decision, Way
from reglens.registry.ways.proxies import proxy_of
from reglens.trace import redact


def way_of(registry: str, repository: str, options: Options, *, by_digest: bool = False) -> Way:
    """The way to a repository with everything that was decided about it, in the order in which it counts; nothing is
    said where everything is as everybody has it."""
    machine = options.machine
    way = machine.way(registry, repository, by_digest=by_digest) if machine is not None else Way()
    decisions = [*_by_options(options), *way.decisions]
    environ = machine.environ if machine is not None else os.environ
    scheme = "http" if options.plain_http else "https"
    proxy = proxy_of(scheme, registry, environ)
    if proxy is not None:
        decisions.append(Decision(f"the proxy {redact.url(proxy.url)} is between", proxy.source))
    if not options.plain_http:
        decisions += _trust(registry, options, environ)
    return Way(way.endpoints, way.blocked, tuple(dict.fromkeys(decisions)))


def _by_options(options: Options) -> list[Decision]:
    found = []
    if options.unix_socket:
        found.append(Decision(f"the registry listens at {options.unix_socket}", "--unix-socket"))
    if options.plain_http:
        found.append(Decision("plain http is spoken", "--plain-http"))
    if options.insecure:
        found.append(Decision("any certificate will do", "--insecure"))
    return found


def _trust(registry: str, options: Options, environ: Mapping[str, str]) -> list[Decision]:
    found = []
    if options.ca_file:
        found.append(Decision(f"certificates by {options.ca_file.name} are trusted", "--ca-file"))
    if options.client_cert:
        found.append(Decision(f"{options.client_cert.name} is shown as client certificate", "--client-cert"))
    if not is_loopback(registry):
        named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
        found += [Decision(f"{environ[name]} stands for the system's certificates", name) for name in named]
    machine = options.machine
    if machine is not None:
        found += machine.trust(registry).decisions
        for endpoint in machine.way(registry).endpoints:
            found += endpoint.trust.decisions
    return found
