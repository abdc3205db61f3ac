"""The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program: ValueError."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from numbers import Real
from typing import Any, Optional, Sequence, Union

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
# The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path.
_EXPERIMENT = re.compile("(?!\\.{1,2}\\Z)[^\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff]{1,255}")
_ALTERNATIVES_MAX = 100
_VALUE_MAX = 1e12
_CLIENT_ID_LENGTH_MAX = 1024
_TIMEOUT_S_MAX = 86_400
_API_KEY = re.compile("[!-~]+")


def check_name(what: str, name: str) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"Expected {what} of 1 to 255 letters, digits, - or _, got {name!r}")


def check_experiment(name: str) -> None:
    if not isinstance(name, str) or not _EXPERIMENT.fullmatch(name):
        raise ValueError(
            f"Expected an experiment of 1 to 255 characters without control characters, not . or .., got {name!r}"
        )


def check_alternatives(names: Sequence[str]) -> None:
    if isinstance(names, str) or not 2 <= len(names) <= _ALTERNATIVES_MAX:
        raise ValueError(f"Expected 2 to {_ALTERNATIVES_MAX} alternatives, got {names!r}")
    for name in names:
        check_name("an alternative", name)
    if len(set(names)) < len(names):
        raise ValueError(f"Expected different alternatives, got {names!r}")


def check_traffic_fraction(fraction: Optional[float]) -> None:
    if fraction is not None and not (_is_number(fraction) and 0 < fraction <= 1):
        raise ValueError(f"Expected a traffic fraction in (0, 1], got {fraction!r}")


def check_api_key(key: Optional[str]) -> None:
    if key is not None and not (isinstance(key, str) and _API_KEY.fullmatch(key)):
        # It is not repeated: messages go to logs.
        raise ValueError("Expected an API key of letters, digits and signs, got another text")


def check_weights(weights: Optional[Sequence[float]], alternatives: int) -> None:
    if weights is not None and not (
        len(weights) == alternatives and all(_is_number(weight) and not weight < 0 for weight in weights)
    ):
        raise ValueError(f"Expected a weight per alternative, none negative, got {weights!r}")


def check_number(what: str, value: Union[float, Decimal, None]) -> None:
    if value is not None and not (_is_number(value) and abs(float(value)) <= _VALUE_MAX):
        raise ValueError(f"Expected {what} from -1e12 to 1e12, got {value!r}")


def check_timeout(seconds: float) -> None:
    if not (_is_number(seconds) and 0 < seconds <= _TIMEOUT_S_MAX):
        raise ValueError(f"Expected a time-out of more than 0 s and at most a day, got {seconds!r}")


def check_client_id(text: Any) -> None:
    if not is_client_id(text):
        raise ValueError(f"Expected a client id of 1 to 1024 characters, got {text!r}")


def is_client_id(text: Any) -> bool:
    """Length is counted in UTF-16 code units, as the server counts."""
    if not isinstance(text, str) or text == "" or "\0" in text:
        return False
    try:
        return len(text.encode("utf-16-le")) // 2 <= _CLIENT_ID_LENGTH_MAX
    except UnicodeEncodeError:
        return False


def _is_number(value: Any) -> bool:
    try:
        return isinstance(value, (Real, Decimal)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False  # An integer beyond every float.
