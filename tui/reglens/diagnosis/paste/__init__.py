"""Reading of pastes: whatever a person copied from a terminal, an issue or a mail, as `Evidence`."""

from __future__ import annotations

from datetime import datetime

from reglens.diagnosis.evidence import Evidence

__all__ = ["read_paste"]


def read_paste(text: str, *, reference: str | None = None, moment: datetime | None = None) -> Evidence:
    """The evidence in `text`: exchanges, commands, tokens, reports and facts, in any mixture and order.

    `reference` is what was wanted, as typed; without it, commands and URLs are asked. `moment` is the time of the
    refusal, where it is known from elsewhere. Never raises, and takes time linear in the length of the text. Every
    secret in the evidence is a fingerprint or a `Secret`; spans are offsets in `text` as it was given.
    """
    from reglens.diagnosis.paste.evidence import gather

    return gather(text, reference, moment)
