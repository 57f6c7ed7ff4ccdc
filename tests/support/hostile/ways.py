"""Ways that lead nowhere, in circles, or to somebody else: pages of lists, and redirects."""

from __future__ import annotations

from support.hostile.wire import Wire, behaviour

# Lists without end


def _page(wire: Wire, link: str, names: list[str]) -> None:
    asked = wire.asked
    if asked.kind not in ("catalog", "tags"):
        wire.innocent()
        return
    member = "repositories" if asked.kind == "catalog" else "tags"
    wire.json({member: names}, ("Link", link))


@behaviour("pages/circle")
def _(wire: Wire) -> None:
    other = "b" if "last=a" in wire.asked.target else "a"
    _page(wire, f'<{wire.asked.path}?last={other}>; rel="next"', [other])


@behaviour("pages/itself")
def _(wire: Wire) -> None:
    _page(wire, f'<{wire.asked.target}>; rel="next"', ["a"])


@behaviour("pages/elsewhere")
def _(wire: Wire) -> None:
    _page(wire, f'<http://{wire.hostile.elsewhere}{wire.asked.path}?last=a>; rel="next"', ["a"])


@behaviour("pages/malformed")
def _(wire: Wire) -> None:
    _page(wire, '<http://[broken>; rel="next", <' + "a" * 9000 + '>; rel="' + "next " * 900 + '"', ["a"])


@behaviour("pages/endless")
def _(wire: Wire) -> None:
    number = int(wire.asked.target.rpartition("last=")[2] or 0) if "last=" in wire.asked.target else 0
    _page(wire, f'<{wire.asked.path}?last={number + 1}>; rel="next"', [f"v{number}"] if number % 2 else [])


@behaviour("pages/heavy")
def _(wire: Wire) -> None:
    """As much in each page as can be, without end; the last character makes each of the others four octets wide."""
    asked = wire.asked
    if asked.kind not in ("catalog", "tags"):
        wire.innocent()
        return
    number = int(asked.target.rpartition("last=")[2] or 0) if "last=" in asked.target else 0
    names = ",".join(f'"{number:02}-{n:06}-xxxxxxxxxx\U0001f600"' for n in range(200_000))
    link = f'<{asked.path}?last={number + 1}>; rel="next"'
    wire.answer(f'{{"tags":[{names}],"repositories":[{names}]}}'.encode(), ("Link", link))


# Redirects


@behaviour("redirect/loop")
def _(wire: Wire) -> None:
    wire.answer(b"", ("Location", wire.asked.target), status=307)


@behaviour("redirect/growing")
def _(wire: Wire) -> None:
    wire.answer(b"", ("Location", wire.asked.target + "/x"), status=302)


@behaviour("redirect/elsewhere")
def _(wire: Wire) -> None:
    if not wire.asked.authorised:
        wire.challenge(f'Bearer realm="{wire.hostile.token_url}",service="s"')
    else:
        wire.answer(b"", ("Location", f"http://{wire.hostile.elsewhere}{wire.asked.target}"), status=307)


@behaviour("redirect/userinfo")
def _(wire: Wire) -> None:
    target = f"http://{wire.hostile.host}@{wire.hostile.elsewhere}{wire.asked.target}"
    wire.answer(b"", ("Location", target), status=308)


@behaviour("redirect/script")
def _(wire: Wire) -> None:
    wire.answer(
        b"", ("Location", "javascript:alert(1)" if wire.asked.kind == "tags" else "file:///etc/passwd"), status=302
    )
