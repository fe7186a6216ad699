"""Reading a programme's file: to what the fastest YAML parser takes for the same text."""

from __future__ import annotations

import orjson
import yaml

from workflow import language, programmes, rehearsal

from .measure import ROUNDS, Ratio, ratio, seconds

GOALS = {"read": "", "compile": "once a process", "rehearse": "once a release"}
GROUP = "A definition, to yaml.safe_load by libyaml of the same text (milliseconds; times, so less is better)"


def run() -> list[Ratio]:
    found = []
    flows = programmes.DEFINITIONS / "flows"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in programmes.files():
        text = path.read_text("utf-8")
        # A flow that a file extends is parsed with it, so the baseline parses it too.
        texts = [text, *(flow.read_text("utf-8") for flow in sorted(flows.glob("*.yaml")) if flow.name.split(".")[0] in text)]
        read = language.read(text, path.name, flows_dir=flows)
        if read.definition is None:
            raise RuntimeError(f"{path.name} has faults: {read.faults[0]}")
        document = orjson.dumps(read.definition.document)
        rounds: dict[str, list[float]] = {"yaml": [], "read": [], "compile": [], "rehearse": []}
        for _ in range(ROUNDS):
            rounds["yaml"].append(1000 * seconds(lambda: [yaml.load(one, loader) for one in texts], 3))   # noqa: B023, S506
            rounds["read"].append(1000 * seconds(lambda: language.read(text, path.name, flows_dir=flows)))  # noqa: B023
            rounds["compile"].append(1000 * seconds(lambda: language.from_document(orjson.loads(document))))  # noqa: B023
            rounds["rehearse"].append(1000 * seconds(lambda: rehearsal.rehearse(read.definition)))  # type: ignore[arg-type]  # noqa: B023
        name = path.name.removesuffix(".yaml")
        for part, words in (("read", "read and check"), ("compile", "compile the released"),
                            ("rehearse", f"rehearse {rehearsal.CASES} cases")):
            found.append(ratio(GROUP, f"{name}: {words}", rounds[part], rounds["yaml"], "ms", GOALS[part]))
    return found
