"""What commands say of content that came from the cache, or could come from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reglens.errors import ReglensError, Unreachable
from reglens.oci.reference import Reference
from reglens.text import human_age

if TYPE_CHECKING:
    from reglens.cli.output import Output
    from reglens.registry.session import Session


def say_unasked(output: Output, *sessions: Session) -> None:
    """Say that nobody was asked, where all of it came from the cache: it tells nothing of what may be read now."""
    if not output.as_json and not any(session.trace.count for session in sessions):
        output.note("reglens: from the cache, nothing was asked; --no-cache asks")


async def hint_at_kept(error: ReglensError, session: Session, reference: Reference) -> None:
    """Where the registry of a tag was out of reach, add to the error's hint what the tag led to when it was last asked
    for, as that can still be had."""
    if not isinstance(error, Unreachable):
        return
    seen = await session.last_seen(reference)
    if seen is not None:
        then = reference.at_digest(seen.digest).familiar
        age = human_age(seen.fetched, session.clock())
        error.hint = f"{error.hint} {age} it was {then}, which is kept here.".strip()
