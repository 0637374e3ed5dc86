"""What all commands share: settings, running to the end, and errors said in one line."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from intents.evaluation import EvaluationError
from intents.fitting import FittingError
from intents.weights import WeightsError
from knowledge.files import KnowledgeFileError
from messages import StoreUnavailableError
from settings import Settings, SettingsError, load_settings
from storage.embedded import EmbeddedServerError
from wechat.api_errors import ApiError
from wechat.menu import MenuError

T = TypeVar("T")
FILE = click.Path(path_type=Path, dir_okay=False)
EXPECTED = (
    SettingsError,
    KnowledgeFileError,
    StoreUnavailableError,
    EmbeddedServerError,
    EvaluationError,
    WeightsError,
    FittingError,
    MenuError,
    OSError,
)


def fail(message: str) -> NoReturn:
    """End with a message and exit code 1, without a traceback."""
    raise click.ClickException(message)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; what a user can get wrong is said in one line."""
    try:
        return asyncio.run(work)
    except EXPECTED as error:
        fail(str(error) or type(error).__name__)
    except ApiError as error:
        fail(f"{error}: {error.advice}")
    except KeyboardInterrupt:
        raise click.exceptions.Exit(130) from None


def settings_or_fail(**changes: object) -> Settings:
    """Read the settings, with changes of the command line on top."""
    try:
        return load_settings({name: value for name, value in changes.items() if value is not None})
    except SettingsError as error:
        fail(str(error))
