"""The page of a graph in Chromium: on a phone and a desk, light and dark, by mouse and by keys."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.browsers import PROGRAM, SCHEMES, SIZES, Scheme, Size, open_page, start_browser
from support.graphs import make_branch, make_example, make_graph, make_large
from support.statements import MATRIX

from alembic_plugins.graph.page import render_page
from alembic_plugins.graph.values import Graph

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium")

BRANCHES = len(make_example().branches)

FOCUSED = """() => {
    const it = document.activeElement;
    const name = it.querySelector("h3") || it;
    return [it.id || name.textContent.trim().split(/\\s+/)[0] || it.tagName,
            getComputedStyle(it).outlineStyle, it.getBoundingClientRect().height > 0];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium."""
    with start_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def url(folder: Path) -> str:
    """The page of a graph that has everything."""
    return write(folder, "example", make_example())


@pytest.fixture(scope="module")
def large(folder: Path) -> str:
    """The page of a graph of 300 plugins."""
    return write(folder, "large", make_large(300))


@pytest.fixture
def page(browser: "Browser", url: str) -> Iterator["Page"]:
    """The page of a graph that has everything, on a desk."""
    with open_page(browser, url) as page:
        yield page


def write(folder: Path, name: str, graph: Graph) -> str:
    """Write the page of a graph, and return its URL."""
    path = folder / f"{name}.html"
    path.write_text(render_page(graph), "utf-8")
    return path.as_uri()


def find_faults(browser: "Browser", url: str, size: Size, scheme: Scheme) -> list[str]:
    """Return what axe-core finds in a page that is unfolded, and whether it is wider than shown."""
    from axe_playwright_python.sync_playwright import Axe

    with open_page(browser, url, size, scheme) as page:
        page.click("#unfold")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        found = Axe().run(page).response["violations"]
        return [f"{it['id']}: {it['nodes'][0]['html']}" for it in found] + ["too wide"] * wide


def visible(page: "Page", selector: str) -> int:
    """Return how many elements there are to be seen."""
    return page.locator(selector).locator("visible=true").count()


def count_shown(page: "Page") -> list[int]:
    """Return how many branches there are to be seen, in the text and in the picture."""
    lanes = page.locator(".lane:not([hidden])").count()
    return [visible(page, ".branch"), visible(page, ".lanes > li"), lanes]


def press(page: "Page", key: str, times: int) -> list[list[Any]]:
    """Press a key some times; return what has the focus then, its outline, and if it is there."""
    found = []
    for _ in range(times):
        page.keyboard.press(key)
        found.append(page.evaluate(FOCUSED))
    return found


def test_axe_core_finds_nothing_at_any_size_in_light_and_dark(browser: "Browser", url: str) -> None:
    every = product(SIZES, SCHEMES)
    tried = every if MATRIX == "whole" else zip(SIZES, cycle(SCHEMES), strict=False)
    found = {how: find_faults(browser, url, *how) for how in tried}
    assert [(how, faults) for how, faults in found.items() if faults] == []


def test_axe_core_finds_nothing_in_many_plugins(browser: "Browser", folder: Path) -> None:
    assert find_faults(browser, write(folder, "many", make_large(40)), SIZES[0], "dark") == []


def test_page_loads_nothing_and_says_nothing(browser: "Browser", url: str) -> None:
    with open_page(browser, "about:blank") as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        page.click("#unfold")
        page.fill("#search", "crm")
    assert (asked, said) == ([url], [])


def test_policy_lets_no_other_script_in(page: "Page") -> None:
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.intruded = true";
        document.body.append(script);
    }""")
    assert page.evaluate("window.intruded") is None


def test_what_somebody_has_written_is_shown_and_not_run(browser: "Browser", folder: Path) -> None:
    evil = "<script>window.intruded = true</script><img src=x onerror='window.intruded = true'>"
    branch = make_branch("tags", "applied")
    first = replace(branch.revisions[0], message=evil)
    branch = replace(branch, revisions=(first,), description=evil)
    evil_url = write(folder, "evil", make_graph(branch, problems=[evil]))
    with open_page(browser, evil_url) as page:
        assert page.evaluate("window.intruded") is None
        assert page.locator(".message").text_content() == evil


def test_colours_are_those_that_the_reader_prefers(browser: "Browser", url: str) -> None:
    colours = []
    for scheme in SCHEMES:
        with open_page(browser, url, SIZES[0], scheme) as page:
            colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(20, 23, 28)"]


def test_search_leaves_what_matches_in_the_picture_too(page: "Page") -> None:
    page.fill("#search", "TAGS_2")
    assert page.locator("#matches").text_content() == f"1 of {BRANCHES} branches"
    assert count_shown(page) == [1, 1, 1]
    assert page.locator(".picture").get_attribute("height") == "44"
    page.fill("#search", "")
    assert count_shown(page) == [BRANCHES] * 3


@pytest.mark.parametrize("text", ["crm.people", '<people> & "places"'])
def test_search_finds_objects_and_messages(page: "Page", text: str) -> None:
    page.fill("#search", text)
    assert page.locator(".branch:visible h3").all_text_contents() == ["crm"]


def test_search_says_so_where_nothing_matches(page: "Page") -> None:
    assert page.locator("#nothing").is_hidden()
    page.fill("#search", "no such thing")
    assert page.locator("#nothing").is_visible()
    assert visible(page, ".branch") == 0


def test_lines_go_along_with_the_lanes_that_are_left(page: "Page") -> None:
    edge = page.locator(".edge")
    before = edge.get_attribute("d")
    page.select_option("#state", "outdated")
    assert visible(page, ".edge") == 0
    page.select_option("#state", "")
    assert edge.get_attribute("d") == before


@pytest.mark.parametrize(("state", "names"), [("drifted", ["crm"]), ("orphaned", ["is_orphaned"])])
def test_branches_are_chosen_by_their_states(page: "Page", state: str, names: list[str]) -> None:
    page.select_option("#state", state)
    assert page.locator(".branch:visible h3").all_text_contents() == names


def test_branches_are_chosen_that_need_attention(page: "Page") -> None:
    page.select_option("#state", "attention")
    found = page.locator(".branch:visible h3").all_text_contents()
    assert found == ["crm", "is_orphaned", "is_leftover", "is_broken"]


def test_all_branches_are_folded_and_unfolded(page: "Page") -> None:
    assert visible(page, ".inside") == 0
    page.click("#unfold")
    assert visible(page, ".inside") == BRANCHES
    page.click("#fold")
    assert visible(page, ".inside") == 0


def test_only_what_matches_is_unfolded(page: "Page") -> None:
    page.fill("#search", "crm")
    page.click("#unfold")
    page.fill("#search", "")
    assert page.locator(".branch[open] h3").all_text_contents() == ["crm"]


def test_link_in_the_picture_leads_to_the_branch_and_unfolds_it(page: "Page") -> None:
    page.fill("#search", "tags")
    page.get_by_role("link", name="crm", exact=True).first.press("Enter")
    page.wait_for_selector("#p-crm[open]")
    assert page.evaluate("document.activeElement.parentElement.id") == "p-crm"
    page.locator("#p-crm > summary").press("Enter")
    assert not visible(page, "#p-crm .inside")
    page.locator(".lanes a[href='#p-crm']").click()
    assert visible(page, "#p-crm .inside")


def test_keys_lead_from_the_top_to_the_branches(page: "Page") -> None:
    first = press(page, "Tab", 1)
    page.keyboard.press("Enter")
    rest = press(page, "Tab", 2)
    assert [name for name, _, _ in (*first, *rest)] == ["Skip", "host", "tags"]
    page.keyboard.press("Space")
    assert visible(page, ".inside") == 1


def test_keys_come_to_everything_in_the_order_in_which_it_is_read(page: "Page") -> None:
    links = page.locator(".attention a").count()
    found = press(page, "Tab", 1 + links + 5 + 2 * BRANCHES)
    names = [name for name, _, _ in found]
    controls = names[1 + links : 1 + links + 4]
    assert controls == ["search", "state", "unfold", "fold"]
    assert names[-BRANCHES:] == [branch.name for branch in make_example().branches]
    assert [name for name, outline, is_there in found if outline == "none" or not is_there] == []


def test_page_is_there_without_scripts(browser: "Browser", url: str) -> None:
    with open_page(browser, url, scripts=False) as page:
        assert page.locator("form").is_hidden()
        assert count_shown(page) == [BRANCHES] * 3
        page.locator("#p-crm > summary").click()
        assert page.get_by_text("It takes 1 table with about 1,234 rows").is_visible()


def test_page_is_unfolded_where_it_is_printed(page: "Page") -> None:
    page.emulate_media(media="print")
    assert page.locator("form").is_hidden()
    assert page.locator("#p-crm .revisions").bounding_box() is not None


def test_reader_hears_states_and_folds(page: "Page") -> None:
    heard = page.locator("body").aria_snapshot()
    print(heard)
    assert '- heading "crm" [level=3]\n      - text: 1.0 outdated edited drifted' in heard
    assert f"- status: {BRANCHES} of {BRANCHES} branches" in heard
    assert '- searchbox "Search"' in heard


def test_many_plugins_are_searched_and_unfolded(browser: "Browser", large: str) -> None:
    with open_page(browser, large, SIZES[0]) as page:
        assert page.locator(".branch").count() == 301
        page.fill("#search", "plugin_12")
        assert page.locator("#matches").text_content() == "10 of 301 branches"
        page.click("#unfold")
        assert visible(page, ".inside") == 10


def test_long_lanes_do_not_make_the_page_wide(browser: "Browser", folder: Path) -> None:
    states = ["applied", "pending"] * 60
    wide = write(folder, "wide", make_graph(make_branch("x" * 48, *states)))
    with open_page(browser, wide, SIZES[0]) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == SIZES[0][0]
        page.locator(".graph").focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.querySelector('.graph').scrollLeft > 0")
