"""The accountant gathers and seals, the cashier sends, the bank answers: one batch closed, one with a line that failed, one sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow.calendar import working_calendar
from workflow.engine.paying import payment_of
from workflow.payments import batches, gathering, layouts, reading, settling
from workflow.payments.gathering import Payable

from .calendar_days import ZONE, back
from .course import Walk
from .register import Register

FAILED = "收款账户状态异常"


class Payday:
    """What is paid in batches."""

    def __init__(self, session: Session, register: Register) -> None:
        self.session, self.county = session, register.county.county.id
        self.accountant, self.cashier = register.known["finance"], register.known["cashier"]

    def winter(self, visit: Walk, after: int) -> Iterator[datetime]:
        """Pay the money of one list, every line of it, and close the batch."""
        day = working_calendar().add_working_days(visit.start, after)
        yield (at := datetime.combine(day, time(10, 0), ZONE))
        batch = self._sealed(lambda one: one.case_id == visit.case, "icbc", at)
        if batch:
            yield (at := at + timedelta(hours=5))
            batches.send(self.session, batch, self.cashier, at, declared=True)
            yield (at := datetime.combine(working_calendar().add_working_days(day, 1), time(16, 10), ZONE))
            self._answered(batch, {}, at)
            settling.close(self.session, batch, self.accountant, at + timedelta(minutes=20))

    def told(self, today: date) -> Iterator[datetime]:
        """Send what waits since last week, of which the bank pays all but one line; seal what a union is owed, and leave the rest to be gathered."""
        yield (at := datetime.combine(back(today, 4), time(15, 20), ZONE))
        batch = self._sealed(lambda one: one.definition.beneficiary != "organisation", "rcc", at)
        if batch:
            yield (at := datetime.combine(back(today, 3), time(9, 30), ZONE))
            batches.send(self.session, batch, self.cashier, at, declared=True)
            yield (at := datetime.combine(back(today, 2), time(16, 40), ZONE))
            self._answered(batch, dict.fromkeys(self._alone(batch), FAILED), at)
        yield (at := datetime.combine(back(today, 1), time(17, 0), ZONE))
        self._sealed(lambda one: one.definition.beneficiary == "organisation" or one.definition.value == "pool_payout", "abc", at)

    def _alone(self, batch: str) -> list[int]:
        """Return the first line to an account that no other line is paid to, of several lines."""
        lines = reading.lines(self.session, batch)
        count = Counter(line.account_index for line in lines)
        return [line.n for line in lines if count[line.account_index] == 1][:1] if len(lines) > 1 else []

    def _sealed(self, wanted: Callable[[Payable], bool], layout: str, at: datetime) -> str:
        """Gather and seal what is wanted and in order; return the batch, or nothing where there is none."""
        lines = [one.grant_line_id for one in gathering.payable(self.session, self.county) if wanted(one) and not one.fault and not one.flags]
        if not lines:
            return ""
        batch = batches.make(self.session, self.accountant, at, lines, layout=layout)
        batches.seal(self.session, batch, self.accountant, at + timedelta(minutes=30))
        return batch

    def _answered(self, batch: str, failing: Mapping[int, str], at: datetime) -> None:
        """Import what the bank answers, and carry on every case it has paid."""
        settling.take(self.session, batch, self._answer(batch, failing, at), self.cashier, at)
        for place, case in enumerate(settling.due(self.session, batch), 1):
            settling.settle(self.session, batch, case, self.cashier, at + timedelta(seconds=20 * place))

    def _answer(self, batch: str, failing: Mapping[int, str], at: datetime) -> bytes:
        row = reading.batch(self.session, batch, self.cashier)
        answer = layouts.layout(row.layout).answer
        separator = answer.separator or ","
        told = [separator.join(headings[0] for headings in answer.columns.values())]
        for line in reading.lines(self.session, batch):
            said = payment_of(self.session, line)
            failed = failing.get(line.n, "")
            cells = {"reference": batches.reference(row.number, line.n), "account": said["account"] or "", "holder": said["holder"] or "",
                     "amount": f"{line.amount_fen / (1 if answer.unit == 'fen' else 100):.{0 if answer.unit == 'fen' else 2}f}",
                     "status": sorted(answer.failed if failed else answer.paid)[-1], "message": failed, "code": "E1042" if failed else "",
                     "bank_ref": "" if failed else f"{at:%Y%m%d}{line.n:06d}", "day": at.astimezone(ZONE).date().strftime(answer.dates[0])}
            told.append(separator.join(cells.get(word, "") for word in answer.columns))
        return "\n".join(told).encode()
