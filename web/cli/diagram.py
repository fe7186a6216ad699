"""A definition for people: its outline in words, its flow as a Mermaid diagram. Pure."""

from __future__ import annotations

from workflow.language.definition import Definition, State


def mermaid(definition: Definition) -> str:
    """Return a state diagram; ids stay ASCII, because Mermaid refuses Chinese ids and takes Chinese labels."""
    lines = ["stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{_plain(state.label.zh)}" as {_id(name)}' for name, state in definition.states.items()]
    lines.append(f"    [*] --> {_id(definition.initial)}")
    lines += [f"    {_id(way.source)} --> {_id(way.dest)}: {_plain(way.label.zh)}" for way in definition.transitions]
    lines += [f"    {_id(name)} --> [*]" for name, state in definition.states.items() if state.final]
    return "\n".join(lines) + "\n"


def outline(definition: Definition) -> str:
    """Return the definition as a short text: what it asks for, who decides, where it can go."""
    lines = [f"{definition.title.zh}  {definition.key}@{definition.version}", f"摘要 digest {definition.digest}", ""]
    lines += [f"依据 basis {basis.title.zh} {basis.number} {basis.clause}".rstrip() for basis in definition.basis]
    lines += ["", "字段 form"] + [f"  {spec.name:<24} {spec.type:<9} {spec.label.zh}" for spec in definition.form.values()]
    lines += ["", "材料 attachments"] + [f"  {kind.name:<24} {kind.min}–{kind.max:<7} {kind.label.zh}"
                                       for kind in definition.attachments.values()]
    lines += ["", "环节 states"]
    for name, state in definition.states.items():
        lines.append(f"  {name:<24} {state.label.zh}{_who(definition, state)}")
        lines += [f"    {way.label.zh} ({way.trigger}) → {definition.states[way.dest].label.zh}" for way in definition.ways(name)]
    return "\n".join(lines) + "\n"


def _who(definition: Definition, state: State) -> str:
    rule = definition.actors.get(state.actor or "")
    role = "" if rule is None else f"  [{rule.role or rule.who}]"
    return f"{role}{f'  {state.due}' if state.due else ''}{f'  ■ {state.outcome}' if state.final else ''}"


def _id(name: str) -> str:
    return f"{name}_" if name in ("end", "state", "note", "direction") else name


def _plain(label: str) -> str:
    """Without the signs that mean something to Mermaid."""
    return label.translate(str.maketrans(':;"#\n', "：；”＃ "))
