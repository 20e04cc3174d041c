"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # It takes a second to be imported.
    from playwright.sync_api import Browser, Page

PROGRAM = shutil.which("chromium")
"""Where Chromium is; None where it is not installed."""

Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((360, 740), (768, 1024), (1440, 900))
"""A phone, a tablet and a desk."""

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@contextmanager
def start_browser() -> Iterator["Browser"]:
    """Run Chromium in the block."""
    from playwright.sync_api import sync_playwright

    assert PROGRAM is not None
    with sync_playwright() as playwright:
        # Root has no sandbox, and a container little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=options)
        yield browser
        browser.close()


@contextmanager
def open_page(
    browser: "Browser",
    url: str,
    size: Size = SIZES[-1],
    scheme: Scheme = "light",
    *,
    scripts: bool = True,
    scale: int = 1,
) -> Iterator["Page"]:
    """Open a page in the block, in a window of some size."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        java_script_enabled=scripts,
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()
