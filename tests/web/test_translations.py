"""English is complete: every text of code, templates and definitions has its English, and no Chinese stands outside."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "web"
HAN = re.compile("[\u3400-\u9fff]")
CHINESE = re.compile("[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")          # characters and full-width marks
ENGLISH = re.compile(r"[A-Za-z]{2}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")

# The switch to Chinese is in Chinese on every page.
IN_TEMPLATES = {"中文", "\u3000"}
IN_PYTHON = {
    "县总工会",                      # whose site this is until BANGFU_UNION says otherwise
    "Bangfu 帮扶",                   # the name of the thing
    "（", "：；”＃ ",                 # where a Chinese label is cut, and what stands for the signs Mermaid would read
    "、",                            # between names in a Chinese sentence; the English one beside it has its comma
    "通过", "同意", "不通过", "未通过", "不同意", "票",               # what people write into the sheet of a meeting
    "人口", "人数", "天数", "月数", "年数", "次数", "年龄",             # what the Chinese label of a field ends in
}
BILINGUAL = {"cli", "settings.py"}   # the terminal has no language switch: one text says both, “已发布 · released”
ELSEWHERE = {"demo"}                # invents a Chinese county: names, places, opinions


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (WEB / "translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


@pytest.fixture(scope="module")
def extracted() -> set[str | tuple[str, ...]]:
    with (WEB / "translations/babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    return {found[2] for found in extract_from_dir(WEB, methods, options)}


def test_every_text_is_translated(catalogue, extracted):
    assert len(extracted) > 600, "extraction found too little to be believed"
    known = {message.id: message for message in catalogue if message.id}
    assert sorted(map(str, extracted - set(known))) == [], "run the commands in web/language.py and translate"
    assert [id for id, message in known.items() if not all(strings(message))] == []


def test_nothing_is_left_over_or_only_guessed(catalogue, extracted):
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert sorted(str(message.id) for message in catalogue if message.id and message.id not in extracted) == []
    assert list(catalogue.obsolete) == []


def test_what_is_filled_in_is_the_same_in_both(catalogue):
    uneven = [(original, text) for message in catalogue if message.id
              for original, text in zip(originals(message), strings(message), strict=True)
              if sorted(PLACEHOLDER.findall(original)) != sorted(PLACEHOLDER.findall(text))]
    assert uneven == []


def test_english_is_english(catalogue):
    left = [text for message in catalogue if message.id for text in strings(message)
            if CHINESE.search(text)]
    assert left == []
    assert [text for message in catalogue if message.id for text in strings(message) if "!" in text] == []


def test_templates_hold_no_chinese_of_their_own():
    left = [(str(path.relative_to(WEB)), words) for path in sorted((WEB / "templates").rglob("*.html"))
            for words in bare(path.read_text(encoding="utf-8")) if words not in IN_TEMPLATES]
    assert left == []


def test_python_holds_no_chinese_without_its_english():
    files = [path for path in sorted(WEB.rglob("*.py")) if not ELSEWHERE & set(path.relative_to(WEB).parts)]
    assert [(str(path.relative_to(WEB)), line, text) for path in files for line, text in alone(path) if text not in IN_PYTHON] == []


def test_every_label_of_the_definitions_is_in_english_too():
    files = [path for path in sorted((WEB.parent / "definitions").rglob("*.yaml")) if ".cases." not in path.name]
    found = [(path.name, label) for path in files for label in labels(yaml.safe_load(path.read_text(encoding="utf-8")))]
    assert len(found) > 300
    assert [(name, label) for name, label in found if not label.get("en") or CHINESE.search(label["en"])] == []


def test_the_crawl_finds_what_it_should(tmp_path):
    sample = tmp_path / "sample.py"
    sample.write_text('"""说明"""\nx = "提交"\ny = _("提交")\nz = Message("A", "错了", "Wrong")\nw = f"共 {x} 件"\n'
                      'v = "，".join(x)\nu = x if y else "好"\n', encoding="utf-8")
    assert {text for _line, text in alone(sample)} == {"提交", "共  件", "，", "好"}
    assert list(bare("{# 说明 #}<p>{{ _('好') }}你好{{ '，' }}</p>")) == ["你好", "，"]


def labels(node: Any) -> Iterator[dict[str, str]]:
    if isinstance(node, dict) and "zh" in node:
        yield node
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:
            yield from labels(part)


def originals(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def strings(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def bare(template: str) -> Iterator[str]:
    """The runs of Chinese in a template outside of comments and `_(…)`."""
    rest = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    rest = re.sub(r"""\b_\(\s*("[^"]*"|'[^']*')""", "", rest)
    yield from (found[0] for found in re.finditer(f"{CHINESE.pattern}+", rest))


def alone(path: Path) -> Iterator[tuple[int, str]]:
    """The Chinese strings of a module that are neither marked for translation nor said in English beside it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        text = written(node)
        if not text or not CHINESE.search(text) or isinstance(above[node], ast.JoinedStr) or explained(node, above):
            continue
        if not (BILINGUAL & set(path.parts) and ENGLISH.search(text)):
            yield node.lineno, text


def written(node: ast.AST | None) -> str:
    """The text of a string or an f-string, without what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def explained(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    parent = above[node]
    if isinstance(parent, ast.Expr):                                  # a docstring
        return True
    if isinstance(parent, ast.IfExp):                                 # `… if lang == "en" else …`
        return any(written(other) and not CHINESE.search(written(other)) for other in (parent.body, parent.orelse))
    if isinstance(parent, ast.Call | ast.Tuple):
        name = parent.func.id if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) else ""
        if name in ("_", "N_", "ngettext"):
            return True
        beside = parent.args if isinstance(parent, ast.Call) else parent.elts
        after = beside[beside.index(node) + 1:] if node in beside else []
        return bool(after) if name in ("Message", "Label", "one") else any(english(other) for other in after)   # …(code, zh, en)
    return False


def english(node: ast.AST) -> bool:
    """Whether this is a text in English, also one put together of pieces."""
    return bool(ENGLISH.search(written(node))) and not HAN.search(written(node))
