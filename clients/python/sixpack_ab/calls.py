"""Calls before they are sent and answers after they came: no network here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Union
from urllib.parse import urlencode

from .failure import Failure

BATCH_CALLS_MAX = 100
BATCH_BYTES_MAX = 60_000
"""The server takes bodies of 64 KiB."""

Arguments = Dict[str, Any]
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """What came of a request: the fields of an answer with its status, or why there was none."""

    status: Optional[int] = None
    fields: Optional[Fields] = None
    code: Optional[str] = None
    message: str = ""


@dataclass(frozen=True)
class Call:
    """A call of one client."""

    name: str
    """``participate``, ``convert`` or ``link``."""
    arguments: Arguments

    @property
    def experiment(self) -> Optional[str]:
        return self.arguments.get("experiment")

    @property
    def _is_post(self) -> bool:
        return self.name == "link"

    @property
    def body(self) -> Optional[bytes]:
        """What a POST of this call alone sends; ``None`` for a GET."""
        return json.dumps(self.arguments).encode() if self._is_post else None

    @property
    def target(self) -> str:
        if self._is_post:
            return f"/{self.name}"
        return f"/{self.name}?{urlencode({name: _texts(value) for name, value in self.arguments.items()}, doseq=True)}"

    def judge(self, reply: Reply) -> Union[Fields, Failure]:
        """The fields of a good answer to this call, or what is wrong with it."""
        fields = reply.fields or {}
        status = reply.status
        if reply.code is not None or status is None:
            return Failure(reply.code or "bad-answer", self.name, self.experiment, reply.message, status)
        if 200 <= status < 300 and fields.get("status") == "ok":
            wrong = self._wrong_owner(fields)
            return Failure("bad-answer", self.name, self.experiment, wrong, status) if wrong else fields
        code = "server-error" if status >= 500 else "rejected" if status >= 400 else "redirect"
        if status < 300:
            code = "bad-answer"
        message = fields.get("message") or reply.message or f"Expected an answer, got status {status}"
        return Failure(code, self.name, self.experiment, str(message), status)

    def _wrong_owner(self, fields: Fields) -> str:
        """Why the answer is somebody else's. A robot's conversion is answered without names."""
        experiment = fields.get("experiment")
        named = {
            "client_id": fields.get("client_id"),
            "experiment": experiment.get("name") if isinstance(experiment, dict) else None,
        }
        for name, got in named.items():
            asked = self.arguments.get(name)
            if asked is not None and got is not None and got != asked:
                return f"Expected the answer of {name} {asked!r}, got that of {got!r}"
        return ""


class Options(NamedTuple):
    """What may be said of a participation; ``Session.participate`` tells what each means."""

    traffic_fraction: Optional[float] = None
    weights: Optional[Sequence[float]] = None
    covariate: Union[float, Decimal, None] = None
    prefetch: bool = False
    force: Optional[str] = None
    record_force: bool = False


@dataclass(frozen=True)
class Question:
    """A participation: what it is answered from, and by whom."""

    call: Call
    alternatives: Sequence[str]
    forced: Optional[str]
    asks: bool
    """Whether a request is needed."""

    def answer(self, judged: Union[Fields, Failure]) -> "tuple[str, Optional[Failure]]":
        """The alternative to show, and what went wrong."""
        control = self.forced or self.alternatives[0]
        if isinstance(judged, Failure):
            return control, judged
        alternative = judged.get("alternative")
        name = alternative.get("name") if isinstance(alternative, dict) else None
        if isinstance(name, str) and name in self.alternatives:
            return self.forced or name, None
        message = f"Expected one of {', '.join(self.alternatives)}, got {name!r}"
        return control, Failure("bad-answer", "participate", self.call.experiment, message, 200)


def read(status: int, body: bytes) -> Reply:
    """The reply that an answer's bytes are."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return Reply(status, parsed)
    return Reply(status, {}, message=f"Expected an answer, got status {status}: {body[:80]!r}")


def batches(questions: Sequence[Question]) -> List[List[Question]]:
    """As many to a request as the server takes."""
    parts: List[List[Question]] = []
    size = 0
    for question in questions:
        length = len(json.dumps(question.call.arguments)) + 20
        if not parts or len(parts[-1]) == BATCH_CALLS_MAX or size + length > BATCH_BYTES_MAX:
            parts.append([])
            size = 0
        parts[-1].append(question)
        size += length
    return parts


def batch_body(questions: Sequence[Question]) -> bytes:
    return json.dumps({"calls": [{question.call.name: question.call.arguments} for question in questions]}).encode()


def knows_no_batches(reply: Reply) -> bool:
    """Other refusals, a 429 among them, are those of the calls."""
    return reply.status in (404, 405, 415)


def batch_replies(reply: Reply, count: int) -> List[Reply]:
    """The reply to each call. A batch that failed as a whole is that failure for each."""
    fields = reply.fields or {}
    if reply.code is not None or reply.status is None or reply.status >= 300 or fields.get("status") != "ok":
        return [reply] * count
    answers = fields.get("answers")
    answers = answers if isinstance(answers, list) and len(answers) == count else [None] * count
    return [_single(answer, reply.status) for answer in answers]


def _single(answer: Any, status: int) -> Reply:
    if not isinstance(answer, dict) or not isinstance(answer.get("http_status"), int):
        return Reply(status, {}, message="Expected an answer for each call of a batch")
    return Reply(answer["http_status"], answer)


def _texts(value: Any) -> Union[str, List[str]]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return "true" if value is True else str(value)
