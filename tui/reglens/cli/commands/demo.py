"""``reglens demo``: the embedded registry, browsed or served."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import TYPE_CHECKING

from reglens.cli.output import Output
from reglens.cli.parser import INTERRUPTED
from reglens.errors import ReglensError, UsageError
from reglens.oci.reference import Place, Reference

if TYPE_CHECKING:
    from reglens.demo.server import DemoRegistry


def run(args: argparse.Namespace, output: Output) -> int:
    """Serve the demo registry until interrupted, or browse it."""
    if args.serve:
        if args.place:
            raise UsageError("--serve serves the whole registry; it takes no REPOSITORY")
        return _serve(args, output)
    for option in ("port", "json"):
        if getattr(args, option):
            raise UsageError(f"--{option} needs --serve")
    return _browse(args)


def demo_reference(text: str) -> Reference:
    """`text` as a repository of the demo registry, which names its images as Docker Hub does; its registry is still
    Docker Hub's. Raises UsageError for a reference to another registry."""
    reference = Reference.parse(text)
    if not reference.on_hub:
        raise UsageError(
            f"the demo registry holds no {reference.registry}", f"Open it itself: reglens {reference.familiar}."
        )
    return reference


def _browse(args: argparse.Namespace) -> int:
    from reglens.cli.commands.browse import need_terminal

    wanted = demo_reference(args.place) if args.place else None
    need_terminal("reglens demo --serve")
    from reglens.app.main import run as run_app
    from reglens.auth.credentials import Anonymous
    from reglens.demo.server import DemoRegistry
    from reglens.registry.options import Options

    demo = DemoRegistry()  # the app starts it, once something is on the screen
    try:
        place = Place(wanted.registry, wanted) if wanted else None
        return run_app(place, options=Options(timeout=args.timeout), credentials=Anonymous(), demo=demo)
    finally:
        demo.stop()


def _serve(args: argparse.Namespace, output: Output) -> int:
    from reglens.demo.server import DemoRegistry

    demo = DemoRegistry(port=args.port)
    try:
        demo.start()
    except OSError as error:
        raise ReglensError(
            f"the demo registry cannot listen on port {args.port}: {error.strerror}",
            "Choose another with --port, or none at all.",
        ) from None
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if output.as_json:
            output.document(
                {
                    "schema": 1,
                    "registry": demo.registry,
                    "url": demo.url,
                    "token_url": demo.token_url,
                    "search_url": demo.search_url,
                }
            )
        else:
            output.text(f"{demo.url}\n\n{_examples(demo)}")
        output.flush()
        stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        demo.stop()
    return INTERRUPTED


def _examples(demo: DemoRegistry) -> str:
    token = f"{demo.token_url}?service=registry.docker.io&scope=repository:library/alpine:pull"
    return f"""\
# The registry asks for a token:
curl -i {demo.url}/v2/library/alpine/manifests/latest

# Get one and use it:
TOKEN=$(curl -s "{token}" | sed 's/.*"token": *"\\([^"]*\\)".*/\\1/')
curl -H "Authorization: Bearer $TOKEN" {demo.url}/v2/library/alpine/tags/list

# Other clients take it as well:
skopeo inspect --tls-verify=false docker://{demo.registry}/library/alpine:latest
reglens {demo.registry}/library/alpine
reglens token {demo.registry}/library/alpine

# Each repository broken/… fails in one way; reglens says which:
reglens check {demo.registry}/broken/audience-mismatch

# Interrupt (ctrl-c) to end.
"""
