"""The small programme with a table whose columns have rules of their own."""

from .broken import broken

PEOPLE = """\
  people:
    label: 家庭成员
    type: table
    required: true
    columns:
      name: {label: 成员, type: text, required: true}
      pupil: {label: 在读, type: bool}
      school: {label: 学校, type: text, visible: row.pupil, required: row.pupil}
      earns: {label: 月收入, type: money, required: form.income > 0 and not row.pupil, validate: row.earns <= form.income, message: 不能超过家庭收入}
"""
TABLED = broken("  visit: {label: 走访情况", PEOPLE + "  visit: {label: 走访情况")
