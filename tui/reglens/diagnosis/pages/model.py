"""What a page about a finding holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """The page about one code: `title` as a finding of it is headed, `means` in one sentence, `recognise` how to see it
    by hand, `cure` what to do, registry by registry where they differ, `example` lines as they are seen and typed."""

    code: str
    title: str
    means: str
    recognise: str
    cure: str
    example: str
