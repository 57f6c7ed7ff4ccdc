"""What reglens is measured against: what a person would write by hand with httpx, and an empty app."""

DIGEST = """
import sys, httpx
url, accept = sys.argv[1], "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
with httpx.Client() as client:
    answer = client.head(url, headers={"Accept": accept})
    if answer.status_code == 401:
        asked = dict(p.split("=", 1) for p in answer.headers["www-authenticate"][7:].replace('"', "").split(",", 2))
        parameters = {"service": asked["service"], "scope": asked["scope"]}
        token = client.get(asked["realm"], params=parameters).json()["token"]
        answer = client.head(url, headers={"Accept": accept, "Authorization": f"Bearer {token}"})
    print(answer.headers["docker-content-digest"])
"""

MANY = """
import asyncio, sys, httpx
base, accept = sys.argv[1], "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
async def main():
    tags = sys.stdin.read().split()
    gate = asyncio.Semaphore(16)
    async with httpx.AsyncClient(headers={"Accept": accept}) as client:
        first = await client.head(f"{base}/manifests/{tags[0]}")
        if first.status_code == 401:
            asked = dict(p.split("=", 1) for p in first.headers["www-authenticate"][7:].replace('"', "").split(",", 2))
            parameters = {"service": asked["service"], "scope": asked["scope"]}
            token = (await client.get(asked["realm"], params=parameters)).json()["token"]
            client.headers["Authorization"] = f"Bearer {token}"
        async def one(tag):
            async with gate:
                return (await client.head(f"{base}/manifests/{tag}")).headers["docker-content-digest"]
        print("\\n".join(await asyncio.gather(*map(one, tags))))
asyncio.run(main())
"""

TAGS = """
import sys, httpx
print("\\n".join(httpx.get(sys.argv[1], timeout=60).json()["tags"]))
"""

CATALOGUE = """
import sys, httpx
print("\\n".join(httpx.get(sys.argv[1] + "/v2/_catalog").json()["repositories"]))
"""

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("painted")
Empty().run()
"""

TABLE_APP = """
from textual.app import App
from textual.widgets import DataTable
class Table(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns("tag", "digest", "age")
        for number in range(20):
            table.add_row(f"v{number}.0.0", "f06dd2ce6ce8", "2 days")
        table.focus()
Table().run()
"""

BUSY_APP = """
import asyncio, sys
from reglens.app.app import ReglensApp
from reglens.app.main import utcnow
from reglens.app.remember import Memory
from reglens.oci.reference import Place, Reference

def make(registry):
    from reglens.auth.credentials import Anonymous
    from reglens.registry.options import Options
    from reglens.registry.session import Session
    return Session(registry, options=Options(plain_http=True, turn=app.precedence.turn), credentials=Anonymous())

class Busy(ReglensApp):
    async def _prepare(self, browser):
        await super()._prepare(browser)
        for number in range(int(sys.argv[2])):
            self.run_worker(self.fetch(number), group="fetches")

    async def fetch(self, number):
        session = make(host)
        while True:
            await session.manifest(Reference.parse(f"{host}/lib/many:t{number}"))
            await asyncio.sleep(float(sys.argv[3]))

host = sys.argv[1].partition("/")[0]
app = Busy(Place.parse(sys.argv[1]), make=make, clock=utcnow, memory=Memory())
app.run()
"""
