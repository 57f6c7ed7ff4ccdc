"""What a program takes of an answer: all of it, or a member."""

from __future__ import annotations

from reglens.diagnosis.paste.drafts import TOKEN_FIELDS, Capture
from reglens.diagnosis.paste.programs.languages import Language
from reglens.diagnosis.paste.programs.values import Listing, Request, Table, Value

WHOLE = frozenset(
    "json data body text content contents response result results string bytes payload readasstring readfromjson "
    "getbody getcontents getresponsestream rawcontent parsedbody parsedbodyas parse rootelement value unwrap read "
    "execute end tostring asstring responsetext clone object array decode".split()
)
"""Members and methods, in small letters, that give all of an answer, or of a part of it."""
ASIDE = frozenset(
    "headers header getheader getheaders status statuscode ok statustext reason reasonphrase issuccessstatuscode code "
    "url length elapsed cookies request raiseforstatus ensuresuccessstatuscode error errors issuccessful getstatuscode "
    "statusline getheaderline responseheaders encoding history close closed keys".split()
)
"""Members and methods that give what is no part of an answer's body."""


def plain(name: str) -> str:
    """A name in small letters, without what says how it waits."""
    return name.lower().replace("_", "").replace("-", "").removesuffix("async")


def whole(request: Request) -> Capture:
    """All of the answer to a request."""
    return Capture(request.draft)


def member_of(value: Value, name: str, language: Language) -> Value:
    """The member `name` of an answer, or of what was taken of it."""
    if isinstance(value, Table):
        return value.get(name)
    if isinstance(value, Request):
        if not value.made:
            return None
        value = whole(value)
    if not isinstance(value, Capture):
        return value.items[0] if isinstance(value, Listing) and value.items and name.isdigit() else None
    bare = plain(name)
    if bare in ASIDE:
        return None
    if bare in WHOLE:
        return value
    if value.member:
        return value
    if language.typed or language.caseless:
        known = {plain(field): field for field in reversed(TOKEN_FIELDS)}
        if bare in known:
            return Capture(value.draft, known[bare])
        return None if language.typed else Capture(value.draft, name)
    return Capture(value.draft, name)
