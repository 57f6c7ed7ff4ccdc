"""A registry that means harm, on real loopback sockets: one behaviour a repository.

``Hostile().host`` is the registry's ``host:port`` on 127.0.0.1. A request for anything of repository ``FAMILY/NAME``
is answered by the behaviour of that name (see `BEHAVIOURS`). What names no repository (the ping, the catalogue) is
answered as `everywhere` says, or innocently. A second server, `elsewhere` on 127.0.0.2, is somebody else's host: it
takes notes of whatever it is sent. A third, `helped`, is an honest registry that wants a login: by Basic, of anybody.
`requests` holds all requests of all.
"""

from __future__ import annotations

from support.hostile import authorization, bodies, documents, texts, ways
from support.hostile.server import Hostile
from support.hostile.texts import CLIPBOARD, EVIL
from support.hostile.wire import BEHAVIOURS, ISSUED, OCI_IMAGE, Asked, image

FAMILIES = (texts, ways, bodies, documents, authorization)
"""The modules that hold the behaviours; each puts its own into the table when it is imported."""
__all__ = ["BEHAVIOURS", "CLIPBOARD", "EVIL", "FAMILIES", "ISSUED", "OCI_IMAGE", "Asked", "Hostile", "image"]
