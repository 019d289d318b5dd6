"""The generated pages say what the code says, and a stale one is noticed."""

from pathlib import Path

from docs import generate
from tests.architecture.rules.source import Tree

PYPROJECT = """
[[tool.importlinter.contracts]]
id = "floors"
layers = ["cdp", "base"]
[[tool.importlinter.contracts]]
id = "cdp"
layers = ["(orders)"]
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "docs/map.md": "",
    "cadenza/base/__init__.py": '"""The ground. More of it."""',
    "cadenza/cdp/__init__.py": '"""Who people are."""',
    "cadenza/cdp/orders/__init__.py": '"""What people bought,\nand gave back.\n\nMore."""',
    "cadenza/cdp/orders/facts.py": 'class OrderPlaced(Fact):\n    """An order was seen."""\n    number: str | None\n',
    "cadenza/cdp/orders/apps.py": "fact.listen(facts.OrderPlaced, handlers.on_order_placed)\n",
}


def write(root: Path) -> Path:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_the_generated_pages_say_what_the_code_says(tree: Tree):
    assert generate.generate(tree.root, check=True) == [], "Say `make docs` and commit the pages."


def test_the_map_gives_floors_and_modules_in_their_order_with_their_first_sentence(tmp_path: Path):
    page = generate.map_of_modules(write(tmp_path))
    assert "| `orders` | What people bought, and gave back. |" in page
    assert page.index("Who people are.") < page.index("The ground.")
    assert "More" not in page


def test_the_table_of_facts_says_who_tells_what_and_who_listens(tmp_path: Path):
    page = generate.table_of_facts(write(tmp_path))
    said = "| `OrderPlaced` | cdp.orders | An order was seen. | `number: str \\| None` | cdp.orders: `on_order_placed` |"
    assert said in page


def test_a_stale_page_is_noticed_and_checking_writes_nothing(tmp_path: Path):
    root = write(tmp_path)
    assert generate.generate(root, check=True) == ["map.md", "facts.md"]
    assert (root / "docs/map.md").read_text() == ""
    generate.generate(root, check=False)
    assert generate.generate(root, check=True) == []
    (root / "docs/facts.md").write_text("older")
    assert generate.generate(root, check=True) == ["facts.md"]
