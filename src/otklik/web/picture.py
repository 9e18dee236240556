"""Re-encode one raster picture, run as a program of its own: a hostile file can only harm this short-lived process.

    python -I picture.py SOURCE TARGET EDGE

Writes a WebP of at most EDGE pixels a side to TARGET; any other end than exit code 0 means that there is no preview.
It imports nothing of the product, so that its limits are small.
"""

from __future__ import annotations

import resource
import sys

MEGA = 1024 * 1024
MEMORY = 768 * MEGA
SECONDS = 10
MAX_PIXELS = 25_000_000
FORMATS = ["PNG", "JPEG", "GIF", "WEBP", "BMP"]


def main(source: str, target: str, edge: int) -> None:
    """Limit this process, then read, shrink and write."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * MEGA, 20 * MEGA))
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(source, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            sys.exit(3)
        picture.draft("RGB", (edge, edge))
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((edge, edge))
        mode = "RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB"
        upright.convert(mode).save(target, "WEBP", quality=82)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
