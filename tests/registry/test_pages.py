"""Lists in pages, as registries link them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from reglens.errors import AnswerInvalid, NotFound, ReglensError, TooLarge
from reglens.registry import pages
from reglens.registry.pages import next_page
from reglens.registry.session import Session
from support.scripted import Answer, Request, Scripted, json_answer

TAGS = "/v2/acme/shop/tags/list"


@pytest.fixture
async def registry() -> AsyncIterator[Scripted]:
    async with Scripted() as scripted:
        yield scripted


async def tags(registry: Scripted, limit: int | None = None) -> list[list[str]]:
    async with Session(registry.host) as session:
        return [page async for page in session.tags("acme/shop", limit=limit)]


def page(names: object, link: str = "") -> Answer:
    return json_answer({"name": "acme/shop", "tags": names}, headers=[("Link", link)] if link else [])


async def test_the_first_page_is_asked_for_without_a_size(registry: Scripted) -> None:
    registry.expect("GET", TAGS, page(["b", "a"]))
    assert await tags(registry) == [["b", "a"]]
    assert registry.requests[0].target == TAGS


@pytest.mark.parametrize(
    "link",
    [
        '</v2/acme/shop/tags/list?last=a&n=1>; rel="next"',
        "<{url}/v2/acme/shop/tags/list?last=a&n=1>; rel=next",
        "<https://{host}/v2/acme/shop/tags/list?last=a&n=1>;rel='x';REL=\"prev next\"",
        '<?last=a&n=1>; rel="next"',
        '</first>; rel="first", </v2/acme/shop/tags/list?last=a&n=1>; rel="next"',
    ],
)
async def test_the_next_page_is_found_however_it_is_written(registry: Scripted, link: str) -> None:
    link = link.format(url=registry.url, host=registry.host)
    if link.startswith("<https:"):
        link = link.replace(registry.host, registry.host)
    registry.expect("GET", f"{TAGS}?last=a&n=1", page(["b"]))
    registry.expect("GET", TAGS, page(["a"], link))
    assert await tags(registry) == [["a"], ["b"]]


async def test_quays_next_page_parameter_is_passed_on_as_it_is(registry: Scripted) -> None:
    registry.expect("GET", f"{TAGS}?next_page=gAAAA%3D%3D&n=50", page(["b"]))
    registry.expect("GET", TAGS, page(["a"], f'<{TAGS}?next_page=gAAAA%3D%3D&n=50>; rel="next"'))
    assert await tags(registry) == [["a"], ["b"]]


async def test_a_link_to_another_host_is_not_followed(registry: Scripted) -> None:
    registry.expect("GET", TAGS, page(["a"], '<https://evil.test/v2/>; rel="next"'))
    with pytest.raises(AnswerInvalid, match=r"evil\.test"):
        await tags(registry)


@pytest.mark.parametrize("link", [f'<{TAGS}>; rel="next"', "<{url}" + TAGS + '>; rel="next"'])
async def test_pages_that_lead_in_a_circle_end(registry: Scripted, link: str) -> None:
    registry.expect("GET", TAGS, page(["a"], link.format(url=registry.url)))
    with pytest.raises(AnswerInvalid, match="circle"):
        await tags(registry)


async def test_a_list_that_is_null_is_empty(registry: Scripted) -> None:
    registry.expect("GET", TAGS, page(None))
    assert await tags(registry) == []


async def test_what_is_no_name_in_a_list_is_passed_over(registry: Scripted) -> None:
    registry.expect("GET", TAGS, page(["a", None, 7, "", "sha256:" + "0" * 64, "b"]))
    assert await tags(registry) == [["a", "b"]]


async def test_an_empty_page_with_a_link_is_followed(registry: Scripted) -> None:
    registry.expect("GET", f"{TAGS}?last=x", page(["b"]))
    registry.expect("GET", TAGS, page([], f'<{TAGS}?last=x>; rel="next"'))
    assert await tags(registry) == [["b"]]


async def test_a_limit_ends_the_list_without_asking_for_more(registry: Scripted) -> None:
    registry.expect("GET", TAGS, page(["a", "b", "c"], f'<{TAGS}?last=c>; rel="next"'))
    assert await tags(registry, limit=2) == [["a", "b"]]


async def test_a_page_that_came_stays_when_the_next_one_fails(registry: Scripted) -> None:
    registry.expect("GET", f"{TAGS}?last=a", Answer(500))
    registry.expect("GET", TAGS, page(["a"], f'<{TAGS}?last=a>; rel="next"'))
    async with Session(registry.host) as session:
        listed = session.tags("acme/shop")
        assert await anext(listed) == ["a"]
        with pytest.raises(ReglensError, match="failed"):
            await anext(listed)


async def test_a_hundred_thousand_tags_come_in_one_request(registry: Scripted) -> None:
    names = [f"v{n}" for n in range(100_000)]
    registry.expect("GET", TAGS, page(names))
    assert await tags(registry) == [names]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, [("Content-Type", "text/html")], b"<html>hello"), "web page"),
        (Answer(200, [], b'{"tags": ["a'), "broken JSON"),
        (Answer(200, [], b""), "nothing"),
        (Answer(200, [], b"[]"), "other JSON"),
        (Answer(200, [], b'{"tags": "a"}'), "are no list"),
        (Answer(200, [], b'{"names": []}'), "has no list"),
        (Answer(200, [], b"[" * 200_000), "broken JSON"),
        (Answer(200, [], b'{"tags":[' + b"[]," * 1_500_001 + b"[]]}"), "3 million values"),
        (Answer(200, [], b'{"tags": ["\xff\xfe"]}'), "broken JSON"),
    ],
)
async def test_what_is_no_list_is_said_to_be_none(registry: Scripted, answer: Answer, words: str) -> None:
    registry.expect("GET", TAGS, answer)
    with pytest.raises(AnswerInvalid, match=words) as raised:
        await tags(registry)
    assert raised.value.exchange is not None


async def test_an_unknown_repository_is_told(registry: Scripted) -> None:
    registry.expect("GET", TAGS, json_answer({"errors": [{"code": "NAME_UNKNOWN", "message": "unknown"}]}, 404))
    with pytest.raises(NotFound, match="no repository acme/shop"):
        await tags(registry)


async def test_the_catalogue_comes_in_pages_too(registry: Scripted) -> None:
    registry.expect("GET", "/v2/_catalog?last=b", json_answer({"repositories": ["c"]}))
    link = [("Link", '</v2/_catalog?last=b>; rel="next"')]
    registry.expect("GET", "/v2/_catalog", json_answer({"repositories": ["a", "b"]}, headers=link))
    async with Session(registry.host) as session:
        assert [page async for page in session.repositories()] == [["a", "b"], ["c"]]


@pytest.mark.parametrize("link", ["", "<", "<>", "</a>; rel=nextish", '</a>; rel="prev"', "x" * 100_000, "<" * 50_000])
def test_a_link_that_names_no_next_page_is_none(link: str) -> None:
    assert next_page(link, "http://h/v2/") is None


@pytest.mark.parametrize("bound", ["MAX_OCTETS", "MAX_NAMES", "MAX_PAGES", "LONGEST"])
async def test_a_list_without_end_is_an_error_at_each_bound(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    bounds = {"MAX_OCTETS": 10_000, "MAX_NAMES": 100, "MAX_PAGES": 20, "LONGEST": 0.05}
    monkeypatch.setattr(pages, bound, bounds[bound])

    def endless(request: Request) -> Answer:
        number = len(registry.requests)
        names = [f"t{number}.{n}" for n in range(10)]
        return page(names, f'<{TAGS}?last={number}>; rel="next"')

    registry.otherwise = endless
    got: list[str] = []

    async def take_all() -> None:
        async with Session(registry.host) as session:
            async for names in session.tags("acme/shop"):
                got.extend(names)

    with pytest.raises(TooLarge, match="no end"):
        await take_all()
    assert len(got) == 10 * len(registry.requests)  # what came is not taken back
    expected = {"MAX_OCTETS": range(40, 120), "MAX_NAMES": range(11, 12), "MAX_PAGES": range(20, 21)}
    assert len(registry.requests) in expected.get(bound, range(2, 10_000))


async def test_the_links_count_among_the_octets_of_a_list(registry: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_OCTETS", 100_000)
    registry.otherwise = lambda _: page(["a"], f'<{TAGS}?last={len(registry.requests)}{"x" * 10_000}>; rel="next"')
    with pytest.raises(TooLarge):
        await tags(registry)
    assert len(registry.requests) in range(9, 12)


async def test_the_time_of_whoever_takes_the_names_does_not_count(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LONGEST", 5.0)
    now = 0.0
    monkeypatch.setattr(pages, "monotonic", lambda: now)
    registry.expect("GET", f"{TAGS}?last=a", page(["b"]))
    registry.expect("GET", TAGS, page(["a"], f'<{TAGS}?last=a>; rel="next"'))
    async with Session(registry.host) as session:
        got = []
        async for names in session.tags("acme/shop"):
            got += names
            now += 100
    assert got == ["a", "b"]
