"""A hardship file walked through its life: application, visit, recognition, yearly review, leaving, ending."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workflow.actors import Actor

from .calendar_days import ZONE
from .course import Walk
from .families import KEY, PROOFS, Family
from .pictures import Drawer
from .register import Register

_DONE = ["asked", "looked", "checked", "discussed"]


class Filing(Walk):
    """One family's file."""

    def __init__(self, session: Session, register: Register, drawer: Drawer, family: Family, number: int) -> None:
        super().__init__(session, register, drawer, family.start, family.script, number)
        self.family, self.worker = family, family.worker

    def begin(self, at: datetime) -> None:
        migrant = bool(self.worker.row.migrant)
        form = self.family.form(migrant)
        papers = ("id_cards", "income_proof", "checking_consent", *((PROOFS[self.family.cause],) if self.family.cause in PROOFS else ()),
                  *(("contract",) if migrant else ()))
        if not self.script:
            form, papers = {name: form[name] for name in ("address", "work_state", "marital", "health", "family")}, papers[:1]
        self.open(KEY, self.register.actor_of(self.session, self.worker, at), at, form, papers)

    def submit(self, at: datetime) -> None:
        self.act("submit", self.filer, at)

    def abandon(self, at: datetime) -> None:
        self.act("abandon", self.filer, at, comment="家里情况好转，不再申请。")

    def visit(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="两人入户，情况属实，同意公示。", form=self._visited(at) | {
            "checklist": _DONE, "visit_result": "到家中和单位走访，收入、支出与材料一致，确有困难。"}, papers=("visit", "visit_form", "minutes"))

    def object(self, at: datetime) -> None:
        self.act("object", self._grassroots(), at, comment="有职工反映其配偶在外地务工，转入核查。")

    def township(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="材料齐全，同意上报。")

    def refuse(self, at: datetime) -> None:
        self.act("reject", self.officer(), at, comment="经核对，家庭另有一套住房出租，不予建档。")

    def check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="民政核对符合，类别与公式一致。", form={"economic_check": "passed", "category": self.family.category})

    def recognise(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="同意认定建档。")

    def report(self, at: datetime) -> None:
        self.act("report", self.officer(), at, comment="收入证明和票据已重新核对。", papers=("review_proof",), form={
            "annual_income": str(self.family.income + 600), "rigid_spending": str(self.family.rigid)})

    def keep(self, at: datetime) -> None:
        self.act("keep", self.officer(), at, comment="复核符合，续档一年。", form={"category": self.family.category})

    def propose_exit(self, at: datetime) -> None:
        self.act("propose_exit", self._grassroots(), at, comment="配偶已稳定就业，收入连续超过低保标准。")

    def exit_visit(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="两人入户，符合脱困条件。", papers=("exit_visit", "worker_confirmation"), form=self._visited(at) | {
            "annual_income": str(self.family.income * 2), "cause_gone": "是", "months_above": "7", "end_reason": "employed"})

    def exit_check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="社保缴费记录已核对，同意公示。")

    def leave(self, at: datetime) -> None:
        self.act("exit", self.officer(), at, comment="同意脱困撤档。")

    def propose_cancel(self, at: datetime) -> None:
        self.act("propose_cancel", self._grassroots(), at, comment="全家已迁往外县，社区已核实。")

    def cancel_check(self, at: datetime) -> None:
        self.act("approve", self.officer(), at, comment="迁移证明属实。", form={"end_reason": "moved"}, papers=("cancel_proof",))

    def cancel(self, at: datetime) -> None:
        self.act("cancel", self.officer(), at, comment="同意注销。")

    def _grassroots(self) -> Actor:
        return self.register.officers["grassroots", self.worker.union.id][0]

    def _visited(self, at: datetime) -> dict[str, str]:
        """The union's officer and one of the township go together."""
        with_them = self.register.officers["township", self.worker.union.parent_id or 0][0]
        return {"visitor_1": self._grassroots().person_id or "", "visitor_2": with_them.person_id or "",
                "visited_on": at.astimezone(ZONE).date().isoformat()}
