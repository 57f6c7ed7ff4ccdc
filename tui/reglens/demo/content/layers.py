"""The files of the demo's layers."""

from __future__ import annotations

from collections.abc import Iterator

from reglens.demo.content.parts import File, filler, number

_SYSTEMS = {
    "alpine": ("Alpine Linux", "alpine", "https://alpinelinux.org/"),
    "debian": ("Debian GNU/Linux", "debian", "https://www.debian.org/"),
    "ubuntu": ("Ubuntu", "ubuntu", "https://www.ubuntu.com/"),
    "fedora": ("Fedora Linux", "fedora", "https://fedoraproject.org/"),
    "scratch": ("", "", ""),
}


def system(base: str, release: str, architecture: str) -> Iterator[File]:
    """The root file system of a distribution, in small."""
    name, identifier, home = _SYSTEMS[base]
    for directory in (
        "dev/",
        "etc/",
        "home/",
        "proc/",
        "root/",
        "run/",
        "tmp/",
        "usr/",
        "usr/bin/",
        "usr/lib/",
        "var/",
    ):
        yield File(directory)
    yield File("bin", link="usr/bin")
    yield File("lib", link="usr/lib")
    lines = {
        "PRETTY_NAME": f"{name} {release}",
        "NAME": name,
        "ID": identifier,
        "VERSION_ID": release,
        "HOME_URL": home,
    }
    yield File("usr/lib/os-release", "".join(f'{key}="{value}"\n' for key, value in lines.items()).encode())
    yield File("etc/os-release", link="../usr/lib/os-release")
    yield File("etc/hostname", b"localhost\n")
    yield File("etc/motd", f"Welcome to {name} {release}!\n".encode())
    yield File("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n")
    yield File("etc/shadow", b"root:*::0:::::\n", 0o640)
    if base == "alpine":
        yield File("etc/alpine-release", f"{release}\n".encode())
        branch = ".".join(release.split(".")[:2])
        yield File("etc/apk/repositories", f"https://dl-cdn.alpinelinux.org/alpine/v{branch}/main\n".encode())
        yield File("usr/bin/busybox", filler(f"busybox {architecture}", 24_000), 0o755)
        for program in ("ash", "cat", "ls", "sh", "wget"):
            yield File(f"usr/bin/{program}", link="busybox")
        yield File(f"usr/lib/ld-musl-{architecture}.so.1", filler(f"musl {architecture}", 18_000), 0o755)
    else:
        yield File("etc/debian_version", f"{release}\n".encode())
        yield File("usr/bin/bash", filler(f"bash {base} {architecture}", 42_000), 0o755)
        yield File("usr/bin/sh", link="bash")
        yield File("usr/lib/libc.so.6", filler(f"glibc {base} {release} {architecture}", 56_000), 0o755)
    yield File("var/cache/")
    yield File("var/cache/lists", b"downloaded package lists\n")


def runtime(product: str, major: str, base: str, architecture: str) -> Iterator[File]:
    """What a product needs beside itself: libraries, certificates. The package lists of the base are removed again."""
    yield File("usr/lib/")
    for library in ("libcrypto.so.3", "libssl.so.3", f"lib{product}.so.{major}"):
        size = 6_000 + number(f"{library} {product} {base}", 40_000)
        yield File(f"usr/lib/{library}", filler(f"{library} {base} {architecture}", size), 0o755)
    yield File(f"usr/lib/lib{product}.so", link=f"lib{product}.so.{major}")
    yield File("etc/ssl/certs/ca-certificates.crt", b"# certificates of the demo: none\n")
    yield File("var/cache/.wh.lists")


def product(name: str, version: str, architecture: str) -> Iterator[File]:
    """The product itself, its configuration and its documentation."""
    size = 2_000 + number(f"size {name} {version}", 6_000)
    yield File(f"usr/local/bin/{name}", filler(f"{name} {version} {architecture}", size), 0o755)
    yield File(f"etc/{name}/{name}.conf", f"# {name} {version}\nlog_level = info\ndata = /var/lib/{name}\n".encode())
    yield File(f"usr/share/doc/{name}/VERSION", f"{version}\n".encode())
    yield File(f"var/lib/{name}/")
    yield File("etc/.wh.motd")


def entrypoint(name: str) -> Iterator[File]:
    """The start script."""
    script = f"""#!/bin/sh
set -e

# first arg is an option: run {name} with it
if [ "${{1#-}}" != "$1" ]; then
    set -- {name} "$@"
fi

exec "$@"
"""
    yield File("usr/local/bin/docker-entrypoint.sh", script.encode(), 0o755)
    yield File("docker-entrypoint.sh", link="usr/local/bin/docker-entrypoint.sh")


def windows(name: str, version: str) -> Iterator[File]:
    """A Windows layer: everything under Files, the registry's hives beside it."""
    yield File("Files/")
    yield File("Files/Windows/System32/license.txt", b"The demo of a licence.\r\n")
    yield File(f"Files/Program Files/{name}/{name}.exe", b"MZ" + filler(f"windows {name} {version}", 30_000), 0o755)
    yield File("Files/Program Files/.wh.cache")
    yield File("Hives/")
    yield File("Hives/Software_Delta", b"regf" + filler(f"hive {name}", 4_000))


def nightly(name: str, build: str) -> Iterator[File]:
    """The one file that differs between two nights."""
    yield File(f"usr/share/{name}/BUILD", f"{build}\n".encode())
