"""Draws the icons of the product from their SVG files: `python -m tests.icons`.

The PNG files have a palette, which keeps them small. Rare colours at soft edges become the nearest frequent ones.
"""

import struct
import zlib
from collections import Counter
from math import dist
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser

from tests.browser.chromium import running_chromium

STATIC: Final = Path(__file__).resolve().parent.parent / "cashdesk" / "static" / "cashdesk"
AT_THE_ROOT: Final = Path(__file__).resolve().parent.parent / "cashdesk" / "root_files"
PNG_BEGINS: Final = b"\x89PNG\r\n\x1a\n"
PNGS: Final = (
    (STATIC / "icon-192.png", "favicon.svg", 192),
    (STATIC / "icon-512.png", "favicon.svg", 512),
    (STATIC / "icon-maskable-512.png", "icon-maskable.svg", 512),
    (AT_THE_ROOT / "apple-touch-icon.png", "icon-maskable.svg", 180),
)
COLOURS_MAX: Final = 256
FAVICON: Final = AT_THE_ROOT / "favicon.ico"
FAVICON_SIZES: Final = (16, 32, 48)


def draw_icons() -> None:
    """Writes every PNG file, and the favicon for browsers that take no SVG."""
    AT_THE_ROOT.mkdir(exist_ok=True)
    with running_chromium() as browser:
        for path, drawing, size in PNGS:
            path.write_bytes(_drawn(browser, drawing, size))
        FAVICON.write_bytes(_ico({size: _drawn(browser, "favicon.svg", size) for size in FAVICON_SIZES}))


def _drawn(browser: Browser, drawing: str, size: int) -> bytes:
    page = browser.new_page(viewport={"width": size, "height": size})
    svg = (STATIC / drawing).read_text(encoding="utf-8").replace("<svg ", f'<svg width="{size}" height="{size}" ')
    page.set_content(f'<body style="margin:0;line-height:0">{svg}')
    rows = _rows(page.screenshot(omit_background=True), size)
    page.close()
    return _with_palette(rows, size)


def _rows(png: bytes, size: int) -> list[list[bytes]]:
    """Returns the RGBA pixels of a PNG file as the browser writes it: 8 bits a channel, not interlaced."""
    packed, at, channels = b"", len(PNG_BEGINS), 4
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        part = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            channels = {2: 3, 6: 4}[part[9]]
        packed += part if kind == b"IDAT" else b""
        at += length + 12
    plain, width = zlib.decompress(packed), size * channels
    rows: list[list[bytes]] = []
    above = bytearray(width)
    for top in range(0, len(plain), width + 1):
        line = _unfiltered(plain[top], bytearray(plain[top + 1 : top + 1 + width]), above, channels)
        rows.append([bytes(line[x : x + channels]).ljust(4, b"\xff") for x in range(0, width, channels)])
        above = line
    return rows


def _unfiltered(kind: int, line: bytearray, above: bytearray, channels: int) -> bytearray:
    """Undoes the filter of one line (PNG specification, section 9)."""
    for x, value in enumerate(line):
        left = line[x - channels] if x >= channels else 0
        corner = above[x - channels] if x >= channels else 0
        nearest = min((left, above[x], corner), key=lambda one: abs(left + above[x] - corner - one))
        line[x] = (value + (0, left, above[x], (left + above[x]) // 2, nearest)[kind]) % 256
    return line


def _with_palette(rows: list[list[bytes]], size: int) -> bytes:
    often = Counter(pixel for row in rows for pixel in row)
    colours = [pixel for pixel, _times in often.most_common(COLOURS_MAX)]
    number = {pixel: colours.index(min(colours, key=lambda one: dist(one, pixel))) for pixel in often}
    lines = b"".join(b"\0" + bytes(number[pixel] for pixel in row) for row in rows)
    parts: list[Any] = [
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(colour[:3] for colour in colours)),
        (b"tRNS", bytes(colour[3] for colour in colours)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in parts
    )
    return PNG_BEGINS + b"".join(chunks)


def _ico(pictures: dict[int, bytes]) -> bytes:
    """Returns an ICO file with one PNG for each size."""
    head, at = struct.pack("<HHH", 0, 1, len(pictures)), 6 + 16 * len(pictures)
    for size, png in pictures.items():
        head += struct.pack("<BBBBHHII", size, size, 0, 0, 1, 32, len(png), at)
        at += len(png)
    return head + b"".join(pictures.values())


if __name__ == "__main__":
    draw_icons()
