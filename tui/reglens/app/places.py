"""What somebody typed in the search field, read as a place to go."""

from __future__ import annotations

from dataclasses import replace

from reglens.errors import ReferenceInvalid
from reglens.oci.reference import HUB, HUB_ALIASES, HUB_LIBRARY, Place, Reference


def read_place(text: str, registry: str, *, library: bool) -> Place:
    """The place that `text` names to somebody who is looking at `registry`: without a host in it, it is one there.

    `library` tells whether that registry puts single names below ``library/``, as Docker Hub does. Raises
    ReferenceInvalid if it can be no place.
    """
    place = Place.parse(text)
    reference = place.reference
    if reference is None or not reference.on_hub or _names_hub(text) or registry == HUB:
        return place
    return Place(registry, on_registry(reference, registry, library=library, typed=text))


def on_registry(reference: Reference, registry: str, *, library: bool, typed: str = "") -> Reference:
    """A reference that was read by Docker Hub's rules, on another registry."""
    repository = reference.repository
    written = (typed or reference.typed).strip()
    if not library and repository.startswith(HUB_LIBRARY) and not written.startswith(HUB_LIBRARY):
        repository = repository.removeprefix(HUB_LIBRARY)
    return replace(reference, registry=registry, repository=repository)


def says_where(text: str) -> bool:
    """Whether `text` is more than words to search for: it names a registry, a tag or a digest."""
    try:
        place = Place.parse(text)
    except ReferenceInvalid:
        return False
    reference = place.reference
    if reference is None:  # one word and a slash may be a host, and more likely the beginning of a name
        return any(mark in place.registry for mark in ".:") or place.registry == "localhost"
    return not reference.on_hub or _names_hub(text) or bool(reference.tag or reference.digest)


def meant_as_reference(text: str) -> bool:
    """Whether a person who typed `text` clearly meant a reference, so that what is wrong with it is worth saying."""
    bare = text.strip()
    return " " not in bare and any(mark in bare for mark in "/:@")


def repository_place(name: str) -> Place:
    """The place of a repository kept by its full name, ``registry/repository``."""
    registry, _, repository = name.partition("/")
    return Place(registry, Reference(registry, repository))


def _names_hub(text: str) -> bool:
    return text.strip().split("/", 1)[0].lower() in HUB_ALIASES
