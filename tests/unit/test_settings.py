"""Settings: whatever is wrong is refused at start with a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Settings, SettingsError, load_settings

NO_FILE = Path("no-such-file.env")
SAFE = {
    "BOT_ENV": "production",
    "BOT_PUBLIC_URL": "https://hall.example.gov.cn",
    "BOT_WECHAT_TOKEN": "token123",
    "BOT_WECHAT_APP_ID": "wx0000000000000000",
    "BOT_WECHAT_AES_KEY": "A" * 43,
}


def given(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_nothing_set_is_a_development_machine() -> None:
    settings = load_settings(env_file=NO_FILE)
    assert (settings.host, settings.port, settings.env) == ("127.0.0.1", 8080, "development")
    assert settings.reply_deadline_seconds == 4.0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"BOT_WECHAT_TOKN": "x"}, "did you mean BOT_WECHAT_TOKEN?"),
        ({"BOT_SOMETHING_ELSE_ENTIRELY": "x"}, "there is no such setting"),
        ({"BOT_WECHAT_TOKEN": ""}, "BOT_WECHAT_TOKEN: is empty"),
        ({"BOT_MINI_TOKEN": " "}, "BOT_MINI_TOKEN: is empty"),
        ({"BOT_WECHAT_TOKEN": "with space"}, "3 to 32 letters and digits"),
        (
            {"BOT_WECHAT_AES_KEY": "abc"},
            "BOT_WECHAT_AES_KEY: must be 43 letters and digits (it has 3 characters)",
        ),
        ({"BOT_MINI_AES_KEY_PREVIOUS": "A" * 44}, "it has 44 characters"),
        ({"BOT_PORT": "eighty"}, "BOT_PORT"),
        ({"BOT_PORT": "70000"}, "BOT_PORT"),
        ({"BOT_WECHAT_MODE": "unsafe"}, "BOT_WECHAT_MODE"),
        ({"BOT_PUBLIC_URL": "hall.example"}, "must begin with https://"),
        ({"BOT_REPLY_DEADLINE_SECONDS": "6"}, "BOT_REPLY_DEADLINE_SECONDS"),
        ({**SAFE, "BOT_WECHAT_MODE": "plain"}, "BOT_WECHAT_MODE: plain lets anybody"),
        ({**SAFE, "BOT_PUBLIC_URL": ""}, "BOT_PUBLIC_URL"),
        ({**SAFE, "BOT_WECHAT_AES_KEY": ""}, "BOT_WECHAT_AES_KEY: is missing"),
        ({"BOT_ENV": "production", "BOT_PUBLIC_URL": "https://x.cn"}, "BOT_WECHAT_TOKEN: is missing"),
    ],
)
def test_a_mistake_is_named(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], said: str) -> None:
    given(monkeypatch, values)
    with pytest.raises(SettingsError, match=r".") as error:
        load_settings(env_file=NO_FILE)
    assert said in str(error.value)


def test_production_with_everything_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, SAFE)
    assert load_settings(env_file=NO_FILE).production


def test_secrets_do_not_stand_in_the_printed_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch, {**SAFE, "BOT_WECHAT_APP_SECRET": "verysecret", "BOT_MONGODB_URI": "mongodb://u:pw1@h/"}
    )
    printed = repr(load_settings(env_file=NO_FILE))
    for secret in ("verysecret", "pw1", "token123", "A" * 43):
        assert secret not in printed


def test_a_mistaken_secret_is_not_repeated_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, {"BOT_WECHAT_AES_KEY": "almostthekey!"})
    with pytest.raises(SettingsError) as error:
        load_settings(env_file=NO_FILE)
    assert "almostthekey" not in str(error.value)


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BOT_PORT=9001\nBOT_HOST=127.0.0.2\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("BOT_PORT", "9002")
    settings = load_settings(env_file=file)
    assert (settings.port, settings.host) == (9002, "127.0.0.2")


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("BOT_PROT=9001\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="did you mean BOT_PORT"):
        load_settings(env_file=file)


def test_every_setting_has_a_help_text_and_stands_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert f"`BOT_{name.upper()}`" in page, f"BOT_{name.upper()} is missing in docs/settings.md"
