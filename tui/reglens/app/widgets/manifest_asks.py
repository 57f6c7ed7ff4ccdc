"""What the manifest pane asks of whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from reglens.oci.descriptor import Descriptor
from reglens.oci.manifest import Image, Manifest
from reglens.oci.reference import Reference
from reglens.oci.referrers import Referrer


class ManifestAsks:
    """The messages of the manifest pane; their handlers are called ``on_manifest_pane_…``."""

    @dataclass
    class PlatformChosen(Message, namespace="manifest_pane"):
        """The person opened an entry of an index: `reference` names it by digest."""

        reference: Reference

    @dataclass
    class KeptChosen(Message, namespace="manifest_pane"):
        """The person opened what a tag led to when it was last asked for: `reference` names it by digest."""

        reference: Reference

    @dataclass
    class ConfigWanted(Message, namespace="manifest_pane"):
        """An image is shown whose configuration is not known: `image` names it, in the repository of `reference`."""

        reference: Reference
        image: Image

    @dataclass
    class ReferrersWanted(Message, namespace="manifest_pane"):
        """The person looks at what refers to `manifest`, which is not known yet."""

        reference: Reference
        manifest: Manifest

    @dataclass
    class ReferrerChosen(Message, namespace="manifest_pane"):
        """The person opened something that refers to the manifest shown, in the repository of `reference`."""

        reference: Reference
        referrer: Referrer

    @dataclass
    class LayerChosen(Message, namespace="manifest_pane"):
        """The person opened a layer or file of the manifest shown: its `number` counts from 1."""

        reference: Reference
        layer: Descriptor
        number: int
