"""E-mail over SMTP. The message id is made from the letter's key, so a mail server and its reader know a duplicate."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from .letters import Letter, Undelivered

TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class Mail:
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    name: str = "email"

    def send(self, letter: Letter) -> None:
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(self._message(letter), self.sender, [letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise Undelivered(f"SMTP {code} 收件地址被拒 receiver refused", for_good=500 <= code < 600) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"SMTP {error.smtp_code} {type(error).__name__}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"{self.host} 连接失败 no connection: {type(error).__name__}") from None
        except ValueError:                                   # a line break in an address and the like
            raise Undelivered("邮箱地址不对 no e-mail address", for_good=True) from None

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        if self.security == "starttls":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message["Message-ID"] = f"<{letter.key}@{self.sender.rpartition('@')[2] or 'bangfu'}>"
        message["Date"] = format_datetime(letter.at)
        message["Auto-Submitted"] = "auto-generated"         # so that nobody's out-of-office answers it
        message.set_content(letter.text)
        return message
