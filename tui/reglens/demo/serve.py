"""``reglens demo --serve``: the demo registry for any client, until it is interrupted."""

from __future__ import annotations

import signal
import sys
import threading

from reglens.demo.server import DemoRegistry

_EXAMPLES = """\

A registry and its token server, on this machine alone. Everybody may pull what is public; the user demo, password demo,
what is private as well. Nobody may push. Things to try:

  reglens {registry}/library/alpine
  reglens check {registry}/broken/audience-mismatch

  curl -i {url}/v2/library/alpine/tags/list
  TOKEN=$(curl -s "{token_url}?service=registry.docker.io&scope=repository:library/alpine:pull" \\
    | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -i -H "Authorization: Bearer $TOKEN" {url}/v2/library/alpine/tags/list
  curl -s "{search_url}?q=grafana"

  skopeo list-tags --tls-verify=false docker://{registry}/library/alpine
  skopeo inspect --tls-verify=false docker://{registry}/library/alpine:latest
  skopeo inspect --tls-verify=false --creds demo:demo docker://{registry}/private/vault:latest
  skopeo copy --src-tls-verify=false docker://{registry}/acme/shop:latest dir:shop
  docker pull {registry}/library/alpine:latest

Each repository under broken/ fails in one way, named after the finding that explains it:

{broken}

Stop it with Ctrl+C.
"""


def serve(port: int) -> int:
    """Serves on `port` (0: any free one) until SIGINT or SIGTERM. Gives the exit code: 0, or 2 if the port cannot be
    had. Call it on the main thread."""
    from reglens.demo.faults import FAULTS

    stopped = threading.Event()
    demo = DemoRegistry(port=port)
    # Before anything is printed: whoever reads the first line may send the signal at once.
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        try:
            demo.start()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            print(f"reglens: port {port} cannot be had on 127.0.0.1: {reason}. Try another --port.", file=sys.stderr)  # noqa: T201
            return 2
        width = max(len(fault.repository) for fault in FAULTS)
        broken = "\n".join(f"  {fault.repository:{width}}  {fault.shows}" for fault in FAULTS)
        print(demo.url, flush=True)  # noqa: T201
        examples = _EXAMPLES.format(
            registry=demo.registry, url=demo.url, token_url=demo.token_url, search_url=demo.search_url, broken=broken
        )
        print(examples, flush=True)  # noqa: T201
        while not stopped.wait(1):
            if demo.failure is not None:
                print(f"reglens: the demo registry failed: {demo.failure}", file=sys.stderr)  # noqa: T201
                return 1
        return 0
    finally:
        demo.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
