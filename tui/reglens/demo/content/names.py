"""The repositories of the demo: those of ``repositories.txt``, families of alike ones, and those that are broken.

Styles: ``os`` a distribution, ``app`` an official image of seven platforms with attestations, ``win`` the same for
Windows as well, ``two`` two platforms, ``docker`` Docker's own media types, ``lone`` one manifest and no index,
``zstd`` layers in Zstandard, ``nightly`` a great many tags, ``signed`` with referrers and a cosign signature, and the
artifacts ``helm``, ``wasm``, ``policy``, ``model``, ``files``, ``modelpack``, ``ollama``, ``flux``, ``cache``,
``schema1``; ``lazy`` layers with tables of contents.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from reglens.demo.content.parts import number
from reglens.demo.faults import FAULTS

_FAMILIES = {
    "bitnami": (
        "docker",
        "Bitnami container image for {}",
        """airflow apache argo-cd cassandra clickhouse contour discourse elasticsearch etcd external-dns fluentd ghost
        git grafana haproxy harbor-core jenkins kafka keycloak kibana kubectl mariadb memcached metrics-server minio
        mongodb moodle mysql nginx node opensearch postgresql prometheus pytorch rabbitmq redis redmine schema-registry
        sealed-secrets solr spark tomcat valkey wordpress zookeeper""",
    ),
    "linuxserver": (
        "two",
        "A {} container, brought to you by LinuxServer.io.",
        """airsonic bazarr beets bookstack calibre code-server daapd deluge dokuwiki duplicati emby firefox freshrss
        grocy heimdall jackett kasm lidarr mariadb nextcloud nginx nzbget obsidian openssh-server overseerr piwigo plex
        prowlarr qbittorrent radarr sabnzbd smokeping sonarr speedtest-tracker swag syncthing tautulli transmission
        unifi-network webtop wireguard znc""",
    ),
    "cimg": (
        "two",
        "The CircleCI {} convenience image.",
        "android aws base deploy elixir go node openjdk php python ruby rust",
    ),
    "rockylinux": ("two", "{}: an enterprise operating system.", "rockylinux rockylinux-minimal rockylinux-ubi"),
}
"""Namespaces whose repositories are alike: style, description and names."""


@dataclass(frozen=True)
class About:
    """What the search tells of a repository, and its style. `version` is the newest, or all with the newest first."""

    name: str
    style: str
    version: str
    stars: int
    pulls: int
    port: str
    description: str

    @property
    def official(self) -> bool:
        return self.name.startswith("library/")

    @property
    def public(self) -> bool:
        return not self.name.startswith("private/")


def repositories() -> dict[str, About]:
    """All of them by name, sorted."""
    found = [*_listed(), *_families(), *_broken()]
    return {about.name: about for about in sorted(found, key=lambda about: about.name)}


def _listed() -> Iterator[About]:
    for line in (files(__package__) / "repositories.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            name, style, version, stars, millions, port, description = line.split("|")
            pulls = int(millions) * 1_000_000 + number(name, 1_000_000)
            yield About(name, style, version, int(stars), pulls, port, description)


def _families() -> Iterator[About]:
    for namespace, (style, words, products) in _FAMILIES.items():
        for product in products.split():
            name = f"{namespace}/{product}"
            version = ".".join(str(number(f"{part} of {name}", top)) for part, top in (("a", 12), ("b", 9), ("c", 6)))
            pulls = number(f"pulls of {name}", 400_000_000)
            yield About(name, style, version, number(f"stars of {name}", 900), pulls, "", words.format(product))


def _broken() -> Iterator[About]:
    for fault in FAULTS:
        yield About(fault.repository, "two", "1.0.0", 0, number(fault.repository, 1000), "", fault.shows)
