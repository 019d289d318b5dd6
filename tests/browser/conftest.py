"""A real Chromium on the real server with the real demo shop's shape, made small."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser, and comes last: its server works on whatever lies in the database."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in Path(item.path).parents)
    for item in items:
        if here in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium was found: apt-get install chromium"))


@pytest.fixture(scope="package")
def site(engines: Path) -> Iterator[str]:
    """The server of this process, with its loops and a sink, and a small shop in it; gives its address."""
    import uvicorn

    from cadenza.base.config import config
    from cadenza.channels.email import service as email
    from cadenza.server import Application
    from cadenza.worker import Background

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    object.__setattr__(config(), "public_url", f"http://127.0.0.1:{port}")
    email.start_sink(0)
    background = Background()
    background.start()
    server = uvicorn.Server(
        uvicorn.Config(Application(), port=port, loop="asyncio", log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    background.stop()
    email.stop_sink()


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def shop(site: str) -> Any:
    """A shop with people, orders, consents, a segment and a template; gives its workspace."""
    from cadenza.engines import in_thread  # Playwright keeps an event loop on this thread
    from tests.browser.shop import open_shop

    return in_thread(open_shop)


REFUSED = "Failed to load resource: the server responded with a status of 422"


@pytest.fixture
def page(site: str, browser: Any, shop: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A signed-in page; every error of a script or of the content policy fails the test.

    A refusal by the server is one too, unless the test is marked to ask for some (`refusals`).
    """
    from cadenza.engines import in_thread
    from tests.browser.shop import sign_in_path

    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, base_url=site, reduced_motion="reduce"
    )
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    opened.goto(in_thread(sign_in_path))
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url(f"{site}/")
    yield opened
    context.close()
    asked = request.node.get_closest_marker("refusals")
    assert [one for one in wrong if not (asked and one.startswith(REFUSED))] == []
