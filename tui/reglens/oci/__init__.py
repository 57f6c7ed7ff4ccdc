"""What the world is made of: references, digests, scopes, media types, descriptors, manifests, image configs."""
