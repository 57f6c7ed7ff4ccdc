"""What is told upwards: by workers what they learnt, by widgets what the person did. Handlers own the state.

Each answer carries the number of the question it answers (`question`); an answer to an old question is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reglens.app.ports import LastSeen, RegistrySession, SearchHit
    from reglens.app.tag_facts import Detail, Extent, TagFacts
    from reglens.diagnosis.finding import Diagnosis
    from reglens.errors import ReglensError
    from reglens.oci.config import ImageConfig
    from reglens.oci.digest import Digest
    from reglens.oci.manifest import Manifest
    from reglens.oci.reference import Place, Reference
    from reglens.oci.referrers import Referrer


# -- from the workers -----------------------------------------------------------------------------------------------


@dataclass
class Ready(Message):
    """What the app needs to ask anything is imported, and the demo registry, if there is one, answers.

    `word` is something to tell about what was kept between runs (a damaged file set aside)."""

    word: str = ""


@dataclass
class SessionChanged(Message):
    """A session learnt something for the top line: identity, base URL, rate limit."""

    session: RegistrySession


@dataclass
class CatalogPage(Message):
    """Repositories of the registry's catalogue, in its order."""

    question: int
    names: Sequence[str]


@dataclass
class CatalogEnded(Message):
    """The catalogue is whole, or `error` says why it is not."""

    question: int
    error: ReglensError | None = None


@dataclass
class Found(Message):
    """What a search found, or why it failed."""

    question: int
    query: str
    hits: Sequence[SearchHit] = ()
    error: ReglensError | None = None


@dataclass
class FurtherFound(Message):
    """What a search on another registry than the present one found, or why it failed."""

    question: int
    query: str
    registry: str
    hits: Sequence[SearchHit] = ()
    error: ReglensError | None = None


@dataclass
class TagsArrived(Message):
    """A page of tags, in the registry's order."""

    question: int
    tags: Sequence[str]


@dataclass
class TagsEnded(Message):
    """All tags are there, or `error` says why not."""

    question: int
    error: ReglensError | None = None


@dataclass
class TagLearnt(Message):
    """Something more is known of a tag. `visit` tells which stay at a repository it was looked up for."""

    visit: int
    tag: str
    facts: TagFacts


@dataclass
class TagLookedUp(Message):
    """So much was asked about a tag, and nothing more is being asked."""

    visit: int
    tag: str
    extent: Extent


@dataclass
class TagUnknown(Message):
    """A tag could not be looked up for the columns beside it."""

    visit: int
    tag: str
    error: ReglensError


@dataclass
class DigestsArrived(Message):
    """The digests of several references, in their order, or why they cannot be had."""

    question: int
    digests: Sequence[Digest] = ()
    error: ReglensError | None = None


@dataclass
class ManifestArrived(Message):
    """The manifest that was asked for. `parent` is the index through which it was chosen, if one was."""

    question: int
    reference: Reference
    manifest: Manifest


@dataclass
class ManifestFailed(Message):
    """The manifest could not be had. `seen` is what its tag led to before, if the registry was out of reach."""

    question: int
    reference: Reference
    error: ReglensError
    seen: LastSeen | None = None


@dataclass
class ConfigArrived(Message):
    """An image's configuration."""

    question: int
    digest: Digest
    config: ImageConfig


@dataclass
class ConfigFailed(Message):
    """An image's configuration could not be had."""

    question: int
    digest: Digest
    error: ReglensError


@dataclass
class ReferrersArrived(Message):
    """What refers to the manifest of that digest, as far as it could be had; `error` says why not all of it. More may
    follow until it is `done`."""

    question: int
    digest: Digest
    referrers: Sequence[Referrer]
    error: ReglensError | None = None
    done: bool = True


@dataclass
class PingEnded(Message):
    """The registry answered ``/v2/`` as a registry does, or `error` says how it did not."""

    question: int
    error: ReglensError | None = None


@dataclass
class Diagnosed(Message):
    """What the exchanges of the current place add up to."""

    question: int
    diagnosis: Diagnosis


@dataclass
class KeysChanged(Message):
    """Signatures are to be checked against other keys than before: those of the app."""


# -- from the widgets -----------------------------------------------------------------------------------------------


@dataclass
class QueryChanged(Message):
    """The person typed in the search field."""

    query: str


@dataclass
class SearchWidened(Message):
    """The person wants the further registries searched, too."""


@dataclass
class PlaceChosen(Message):
    """The person chose somewhere to go."""

    place: Place


@dataclass
class PinToggled(Message):
    """The person pinned a repository, or let it go. `name` is registry and repository."""

    name: str


@dataclass
class TagsInView(Message):
    """The tags pane came to rest, and shows these tags of a repository."""

    repository: Reference
    tags: Sequence[str]
    extent: Extent


@dataclass
class DetailChosen(Message):
    """The person chose what is to stand beside the tags."""

    detail: Detail


@dataclass
class TagChosen(Message):
    """The person chose a tag of the repository shown."""

    tag: str
