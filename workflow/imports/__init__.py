"""Imports of the lists counties really have: unions, members, hardship files, past cases; and rosters of a form.

    sheet = imports.read(data, kind.columns, today)            # no database: parsed in a process of its own
    looked = imports.look_over(session, "people", sheet, …)    # row by row: new, same, changed, fault
    id = imports.keep(session, looked)
    imports.confirm(session, id, actor, now)
    while imports.carry_on(session, id, actor, now): …         # a transaction a slice, by whoever comes by
"""

from .forward import forward
from .known import KINDS, kind
from .reading import READERS, faulty, faulty_sheet, imports, kinds_of, one_import, rows, template
from .rosters import columns_of, faulty_roster, read_roster
from .running import OUTCOMES, SLICE, carry_on, confirm, drop, faults_of, keep, look_over
from .sheets import Fault, Line, Sheet, read
from .undoing import undo, undo_on

__all__ = [
    "KINDS", "OUTCOMES", "READERS", "SLICE", "Fault", "Line", "Sheet", "carry_on", "columns_of", "confirm", "drop", "faults_of", "faulty", "faulty_roster",
    "faulty_sheet", "forward", "imports", "keep", "kind", "kinds_of", "look_over", "one_import", "read", "read_roster", "rows", "template", "undo", "undo_on",
]
