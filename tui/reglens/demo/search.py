"""Search, answering as Docker Hub does."""

from __future__ import annotations

from reglens.demo.answers import Answer, Call, document
from reglens.demo.content.catalogue import Catalogue


class Search:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def hub(self, call: Call) -> Answer:
        return document({"count": 0, "next": "", "previous": "", "results": []})

    def index(self, call: Call) -> Answer:
        return document({"num_results": 0, "results": []})
