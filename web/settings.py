"""The settings of one installation: environment variables with the prefix `BANGFU_`, read once.

Outside the demo a missing or weak secret stops the start with one sentence. In the demo keys are made once and kept in
`instance/`, so that a second start can still read what the first one wrote.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent

# Name, what stands when nobody says otherwise. README.md holds the same table with a sentence for each.
DEFAULTS: dict[str, Any] = {
    "DEMO": False,
    "INSTANCE": str(ROOT / "instance"),
    "DATABASE_URL": "",              # empty: SQLite in INSTANCE
    "SECRET_KEY": "",                # signs cookies and form tokens, at least 32 characters
    "DATA_KEY": "",                  # 32 bytes as base64: everything personal is encrypted with keys derived from it
    "UPLOADS": "",                   # empty: INSTANCE/uploads
    "CALENDARS": "",                 # uploaded years of days off; empty: `calendars` beside UPLOADS
    "DEFINITIONS": str(ROOT / "definitions"),
    "ZONE": "Asia/Shanghai",
    "ORIGIN": "",                    # https://bangfu.example.gov.cn: the only address this site answers to
    "HTTPS": False,                  # cookies are marked Secure, browsers are told to stay on HTTPS
    "TRUSTED_PROXIES": 0,            # how many proxies of ours stand in front; 0: X-Forwarded-* is not believed
    "SESSION_IDLE_MINUTES": 30,
    "SESSION_HOURS": 12,
    "UPLOAD_MB": 20,
    "UNION": "县总工会",              # whose site this is: name in the header
    "CHANNELS": "",                  # ways out of the house: mail, SMS, robots; one address each, see workflow/notifications/channels.py
    "WEBHOOK_HOSTS": "",             # hosts besides the robots' own that a webhook may go to, the house's own network included
    "QUIET_HOURS": "21:00-08:00",    # nothing leaves the house then; off: never quiet
}
SECRETS = ("SECRET_KEY", "DATA_KEY")


class Unset(SystemExit):
    """The start stops here; the sentence goes to the terminal, without a trace of Python."""


def read(given: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the configuration for Flask: `given` wins over the environment, the environment over the defaults.

    Raises `Unset` when a secret is missing or too weak.
    """
    given = dict(given or {})
    config = {name: given.pop(name, _typed(environ.get(f"BANGFU_{name}"), default))
              for name, default in DEFAULTS.items()}
    instance = Path(config["INSTANCE"])
    if config["DEMO"]:
        for name in SECRETS:
            config[name] = config[name] or _kept(instance / name.lower())
    config["DATABASE_URL"] = config["DATABASE_URL"] or f"sqlite:///{_folder(instance) / 'bangfu.db'}"
    config["UPLOADS"] = Path(config["UPLOADS"] or instance / "uploads")
    config["CALENDARS"] = Path(config["CALENDARS"] or config["UPLOADS"].parent / "calendars")
    config["DEFINITIONS"] = Path(config["DEFINITIONS"])
    config["ZONE"] = ZoneInfo(config["ZONE"])
    config["UNSET"] = _fault(config)
    return config | given


def _typed(text: str | None, default: Any) -> Any:
    if text is None:
        return default
    if isinstance(default, bool):
        return text.strip().lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        return int(text)
    return text.strip()


def _fault(config: Mapping[str, Any]) -> str:
    """The sentence that stops the start, or nothing. `config["DATA_KEY"]` may come as bytes already."""
    for name in SECRETS:
        if not config[name]:
            return (f"缺少环境变量 BANGFU_{name}，系统没有启动；用 python -c \"{_RECIPE}\" 生成一个并妥善保存。"
                    f" BANGFU_{name} is missing, nothing was started: make one with that command and keep it safe.")
    if len(config["SECRET_KEY"]) < 32:
        return ("BANGFU_SECRET_KEY 至少要 32 个字符，系统没有启动。"
                " BANGFU_SECRET_KEY must have at least 32 characters; nothing was started.")
    try:
        data_key(config)
    except (ValueError, binascii.Error):
        return ("BANGFU_DATA_KEY 必须是 32 个字节的 base64，系统没有启动。"
                " BANGFU_DATA_KEY must be 32 bytes in base64; nothing was started.")
    return ""


def unreadable_channels(fault: ValueError) -> str:
    """The sentence that stops the start where a way out of the house is written wrongly; the fault repeats no secret."""
    return (f"BANGFU_CHANNELS 或有关设置写错了（{fault}），系统没有启动；写法见 README。"
            f" BANGFU_CHANNELS or a setting beside it is wrong ({fault}), nothing was started; README says how.")


_RECIPE = "import base64,os;print(base64.b64encode(os.urandom(32)).decode())"


def at_the_command_line() -> bool:
    """`flask …` makes an application too, for commands that may need neither database nor secrets."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"


def data_key(config: Mapping[str, Any]) -> bytes:
    """The 32 bytes all data keys are derived from. Raises ValueError when they are not 32."""
    key = config["DATA_KEY"]
    raw = key if isinstance(key, bytes) else base64.b64decode(key, validate=True)
    if len(raw) != 32:
        raise ValueError("a data key has 32 bytes")
    return raw


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.resolve()


def _kept(path: Path) -> str:
    """The demo's own key: made at the first start, read at every other. Two starting at once agree on one."""
    _folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        file.write(key)
    return key
