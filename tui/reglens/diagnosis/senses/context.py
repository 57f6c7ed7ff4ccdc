"""What only sets the scene: it speaks for no code."""

from __future__ import annotations

from reglens.diagnosis.senses.model import Sense, sense

SENSES: dict[str, Sense] = {
    "wanted": sense("This is what was to be pulled, pushed or logged in to."),
    "exchanged": sense("A request was made or served: method, URL, status if it was told."),
    "trying": sense("The client tries this endpoint."),
    "default-tag": sense("No tag was given, so `latest` was taken."),
    "falling-back": sense("An endpoint or mirror failed and the next is tried."),
    "cache-miss": sense("A cache does not have it yet and asks its upstream."),
    "back-off": sense("It failed before; the cause stands elsewhere."),
}
