"""What can be configured: environment variables and a `.env` file, prefix `BOT_`.

Read by `bot` alone and handed down as plain values. Whatever is wrong is refused at start with a sentence
that says what to do (`SettingsError`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "BOT_"
AES_KEY_LENGTH: Final = 43
Mode = Literal["plain", "compatible", "safe"]


class SettingsError(Exception):
    """A setting is wrong; each line names the variable and says what to do."""


class Settings(BaseSettings):
    """All settings, frozen. `python -m bot check` shows what is in force (without secrets)."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    env: Literal["development", "production"] = Field(
        "development", description="`production` refuses plain mode and made-up secrets and has no simulator."
    )
    data_dir: Path = Field(
        Path("data"), description="Folder of the embedded database and of made-up secrets."
    )
    public_url: str = Field(
        "", description="Where citizens reach the pages, such as https://hall.example.gov.cn."
    )

    mongodb_uri: SecretStr = Field(
        SecretStr(""), description="Replica set or sharded cluster; empty: an embedded mongod is started."
    )
    mongodb_database: str = Field("lingjuli", pattern=r"^[A-Za-z0-9_-]{1,38}$", description="Database name.")
    mongodb_driver: Literal["motor", "pymongo"] = Field("motor", description="Async driver to use.")

    wechat_token: SecretStr = Field(SecretStr(""), description="Token of the official account (基本配置).")
    wechat_app_id: str = Field("", description="AppID of the official account.")
    wechat_app_secret: SecretStr = Field(
        SecretStr(""), description="AppSecret; without it nothing can be sent late."
    )
    wechat_aes_key: SecretStr = Field(SecretStr(""), description="EncodingAESKey, 43 characters.")
    wechat_aes_key_previous: SecretStr = Field(
        SecretStr(""), description="The key before, while it is changed."
    )
    wechat_mode: Mode = Field(
        "safe", description="Message mode as set in the account: 明文 plain, 兼容 compatible, 安全 safe."
    )
    wechat_api_base: str = Field(
        "https://api.weixin.qq.com", description="Base address of the platform's API."
    )

    mini_token: SecretStr = Field(SecretStr(""), description="Token of the mini-program's message push.")
    mini_app_id: str = Field("", description="AppID of the mini-program.")
    mini_app_secret: SecretStr = Field(SecretStr(""), description="AppSecret of the mini-program.")
    mini_aes_key: SecretStr = Field(
        SecretStr(""), description="EncodingAESKey of the mini-program, 43 characters."
    )
    mini_aes_key_previous: SecretStr = Field(
        SecretStr(""), description="The key before, while it is changed."
    )
    mini_mode: Mode = Field("safe", description="Message mode of the mini-program: plain, compatible, safe.")
    mini_api_base: str = Field("https://api.weixin.qq.com", description="Base address of the platform's API.")

    reply_deadline_seconds: float = Field(
        4.0,
        gt=0,
        le=4.8,
        description="After this `success` goes out and the reply follows; WeChat waits 5 s.",
    )
    outbox_senders: int = Field(
        4, ge=1, le=32, description="Messages that one process sends at the same time."
    )
    lasting_templates: str = Field(
        "", description="Template ids of long-term subscriptions (长期订阅), separated by commas."
    )
    flood_limit: int = Field(20, ge=0, le=600, description="Messages a minute and citizen; 0: no limit.")
    weights_file: Path | None = Field(
        None, description="Weights made by `fit` for this hall; empty: the built-in ones."
    )
    cluster_at: float = Field(
        0.6,
        gt=0,
        le=1,
        description="How alike two unanswered questions must be to stand in one cluster (`gaps`).",
    )
    desk_capacity: int = Field(
        5, ge=1, le=50, description="Chats that one agent of the help-desk can have at the same time."
    )
    keep_turns_days: int = Field(180, ge=1, le=3650, description="Days after which a turn is deleted.")
    admin_password: SecretStr = Field(
        SecretStr(""), description="First administrator password of the console."
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines look.")

    @field_validator("public_url", "wechat_api_base", "mini_api_base")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("must begin with https:// (or http:// for trials)")
        return value.rstrip("/")

    @field_validator("wechat_aes_key", "wechat_aes_key_previous", "mini_aes_key", "mini_aes_key_previous")
    @classmethod
    def _aes_key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and not (len(key) == AES_KEY_LENGTH and key.isascii() and key.isalnum()):
            raise ValueError(
                f"must be {AES_KEY_LENGTH} letters and digits (it has {len(key)} characters); "
                "copy EncodingAESKey again from the account's page 基本配置"
            )
        return value

    @field_validator("wechat_token", "mini_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        token = value.get_secret_value()
        if token and not (3 <= len(token) <= 32 and token.isascii() and token.isalnum()):  # noqa: PLR2004 - the platform's rule
            raise ValueError("must be 3 to 32 letters and digits; copy Token again from the page 基本配置")
        return value

    @field_validator("wechat_mode", "mini_mode", mode="before")
    @classmethod
    def _mode(cls, value: object) -> object:
        return value.strip().lower() if isinstance(value, str) else value

    @property
    def production(self) -> bool:
        """Whether real citizens are served."""
        return self.env == "production"


def load_settings(changes: Mapping[str, Any] | None = None, *, env_file: Path = Path(".env")) -> Settings:
    """Read and check the settings, with `changes` (of the command line) on top.

    Raises `SettingsError` with one line for each mistake.
    """
    given = {**dotenv_values(env_file), **os.environ}
    ours = {key.upper(): value or "" for key, value in given.items() if key.upper().startswith(PREFIX)}
    problems = [*_unknown(ours), *_empty(ours)]
    try:
        settings = Settings(_env_file=env_file, **(changes or {}))
    except ValidationError as error:
        raise SettingsError("\n".join([*problems, *_sentences(error)])) from None
    problems += _production(settings)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown(ours: Mapping[str, str]) -> Iterator[str]:
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(set(ours) - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "see the table of settings in the README"
        yield f"{name}: there is no such setting; {hint}"


def _empty(ours: Mapping[str, str]) -> Iterator[str]:
    for name in ("BOT_WECHAT_TOKEN", "BOT_MINI_TOKEN"):
        if name in ours and not ours[name].strip():
            yield f"{name}: is empty, which would let anybody speak for WeChat; set it or remove the line"


def _sentences(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False):
        name = f"{PREFIX}{str(item['loc'][0]).upper()}" if item["loc"] else PREFIX
        yield f"{name}: {item['msg'].removeprefix('Value error, ')}"


def _production(settings: Settings) -> Iterator[str]:
    if not settings.production:
        return
    if not settings.public_url.startswith("https://"):
        yield "BOT_PUBLIC_URL: must be the https:// address that citizens reach; set it in production"
    if not settings.wechat_token.get_secret_value() and not settings.mini_token.get_secret_value():
        yield "BOT_WECHAT_TOKEN: is missing; production makes up none. Copy it from the page 基本配置"
    for name, token, mode, key, app_id in (
        (
            "WECHAT",
            settings.wechat_token,
            settings.wechat_mode,
            settings.wechat_aes_key,
            settings.wechat_app_id,
        ),
        ("MINI", settings.mini_token, settings.mini_mode, settings.mini_aes_key, settings.mini_app_id),
    ):
        if not token.get_secret_value():
            continue
        if mode == "plain":
            yield (
                f"BOT_{name}_MODE: plain lets anybody who sees one address forge messages; "
                "switch the account to 安全模式 and set it to safe"
            )
        elif not key.get_secret_value():
            yield f"BOT_{name}_AES_KEY: is missing; copy EncodingAESKey from the page 基本配置"
        if not app_id:
            yield f"BOT_{name}_APP_ID: is missing; copy AppID from the page 基本配置"
