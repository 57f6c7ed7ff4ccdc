"""One page for each finding code: what it means, how to recognise it by hand, how to cure it, an example."""

from __future__ import annotations

from reglens.diagnosis.pages import caller, request, resource, token, way
from reglens.diagnosis.pages.model import Page

__all__ = ["CODES", "PAGES", "Page", "page"]

PAGES: dict[str, Page] = {
    page.code: page for page in (*request.PAGES, *token.PAGES, *caller.PAGES, *resource.PAGES, *way.PAGES)
}
CODES: tuple[str, ...] = tuple(PAGES)
"""Every code, in the order of the vocabulary."""


def page(code: str) -> Page:
    """The page about `code`. Raises KeyError for a word that is no code."""
    return PAGES[code]
