"""A session: one client of the tests, and the calls it makes. docs/client-spec.md is the contract."""

from __future__ import annotations

import http.client
import json
import socket
import time
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import parse_qs, urlencode, urlsplit

from . import transport
from .client_id import client_id_from_cookie, cookie_for, new_client_id
from .failure import Failure, log_failure
from .names import (
    check_alternatives,
    check_experiment,
    check_name,
    check_traffic_fraction,
    check_value,
    check_weights,
    is_client_id,
)

_RETRY_PAUSE_S = 0.1
"""First pause before a conversion is tried again; each further one is twice as long."""

_FINAL = ("rejected", "redirect")

_Arguments = List[Tuple[str, Union[str, List[str]]]]


class Session:
    """One client, identified by ``client_id``, else by its cookie, else by a new UUID."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: Optional[str] = None,
        cookie: str = "",
        query: str = "",
        ip_address: Optional[str] = None,
        user_agent: Optional[str] = None,
        timeout: float = 0.5,
        retries: int = 2,
        on_failure: Callable[[Failure], None] = log_failure,
    ) -> None:
        """
        :param base_url: of the server, with its mount path if it has one
        :param cookie: the ``Cookie`` header of the request at hand
        :param query: the query string of the page, for ``?sixpack-force-NAME=ALTERNATIVE``
        :param ip_address: of the visitor; forwarded, like ``user_agent``
        :param timeout: longest time of one call, in seconds
        :param retries: how often a conversion is tried again
        :param on_failure: told of everything that went wrong; what it raises is ignored
        :raises ValueError: when ``base_url`` is no http URL or ``client_id`` no client id
        """
        base = urlsplit(base_url)
        if base.scheme not in ("http", "https") or not base.hostname or base.query or base.fragment:
            raise ValueError(f"Expected an http(s) base URL without query, got {base_url!r}")
        self._base = base
        if client_id is None:
            client_id = client_id_from_cookie(cookie) or new_client_id()
        if not is_client_id(client_id):
            raise ValueError(f"Expected a client id of 1 to 1024 characters, got {client_id!r}")
        self.client_id = client_id
        self._forced = parse_qs(query.lstrip("?"))
        self._visitor: _Arguments = [("client_id", client_id)]
        if ip_address:
            self._visitor.append(("ip_address", ip_address))
        if user_agent:
            self._visitor.append(("user_agent", user_agent))
        self._timeout = timeout
        self._retries = retries
        self._on_failure = on_failure

    @classmethod
    def from_wsgi(cls, base_url: str, environ: Mapping[str, Any], **options: Any) -> "Session":
        """The session of a WSGI request: cookie, query, address of the connection and user agent come from there."""
        found = {
            "cookie": environ.get("HTTP_COOKIE", ""),
            "query": environ.get("QUERY_STRING", ""),
            "ip_address": environ.get("REMOTE_ADDR"),
            "user_agent": environ.get("HTTP_USER_AGENT"),
        }
        return cls(base_url, **{**found, **options})

    @property
    def set_cookie(self) -> str:
        """Value of a ``Set-Cookie`` header that makes a browser keep the client id."""
        return cookie_for(self.client_id)

    def participate(
        self,
        experiment: str,
        alternatives: Sequence[str],
        *,
        traffic_fraction: Optional[float] = None,
        weights: Optional[Sequence[float]] = None,
        prefetch: bool = False,
        force: Optional[str] = None,
        record_force: bool = False,
    ) -> str:
        """The alternative this client gets; the first one, the control, on any failure.

        :param traffic_fraction: share of clients that take part, in (0, 1]; ``None`` leaves the stored one alone
        :param weights: one per alternative; they count when the experiment is made
        :param prefetch: asks without taking part
        :param force: the alternative to return, without a request unless ``record_force``; ignored when it isn't one
        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        check_experiment(experiment)
        check_alternatives(alternatives)
        check_traffic_fraction(traffic_fraction)
        check_weights(weights, len(alternatives))
        wished = force if force is not None else self._forced.get(f"sixpack-force-{experiment}", [None])[0]
        forced = wished if wished in alternatives else None
        if forced is not None and not record_force:
            return forced
        arguments: _Arguments = [("experiment", experiment), ("alternatives", list(alternatives)), *self._visitor]
        if traffic_fraction is not None:
            arguments.append(("traffic_fraction", str(traffic_fraction)))
        if weights is not None:
            arguments.append(("weights", [str(weight) for weight in weights]))
        if prefetch:
            arguments.append(("prefetch", "true"))
        if forced is not None:
            arguments += [("force", forced), ("record_force", "true")]
        answer = self._call("participate", experiment, arguments)
        if isinstance(answer, Failure):
            self._report(answer)
            return forced or alternatives[0]
        alternative = answer.get("alternative")
        name = alternative.get("name") if isinstance(alternative, dict) else None
        if name in alternatives:
            return forced or name
        message = f"Expected one of {', '.join(alternatives)}, got {name!r}"
        self._report(Failure("bad-answer", "participate", experiment, message, 200))
        return forced or alternatives[0]

    def convert(self, experiment: Optional[str], kpi: Optional[str] = None, value: Optional[float] = None) -> bool:
        """Whether the server has the conversion, after retries. Without experiment it counts on every one of this client.

        :raises ValueError: for arguments that break the rules, never for what happens on the network
        """
        arguments = [*self._visitor, ("id", str(uuid.uuid4()))]
        if experiment is not None:
            check_experiment(experiment)
            arguments.append(("experiment", experiment))
        if kpi is not None:
            check_name("a KPI", kpi)
            arguments.append(("kpi", kpi))
        check_value(value)
        if value is not None:
            arguments.append(("value", str(value)))
        for tries in range(self._retries + 1):
            if tries:
                time.sleep(_RETRY_PAUSE_S * 2 ** (tries - 1))
            answer = self._call("convert", experiment, arguments)
            if not isinstance(answer, Failure):
                return True
            if answer.code in _FINAL:
                break
        self._report(answer)
        return False

    def _call(self, call: str, experiment: Optional[str], arguments: _Arguments) -> Union[Dict[str, Any], Failure]:
        target = f"{self._base.path.rstrip('/')}/{call}?{urlencode(arguments, doseq=True)}"

        def failure(code: str, message: str, status: Optional[int] = None) -> Failure:
            return Failure(code, call, experiment, message, status)

        try:
            status, body = transport.get(self._base, target, self._timeout)
        except (socket.timeout, TimeoutError):
            return failure("timeout", f"Expected an answer in {self._timeout} s")
        except OSError as cause:
            return failure("unreachable", str(cause))
        except (http.client.HTTPException, ValueError) as cause:
            return failure("bad-answer", repr(cause))
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        fields = answer if isinstance(answer, dict) else {}
        if 200 <= status < 300:
            if fields.get("status") == "ok":
                return fields
            return failure("bad-answer", f"Expected an answer, got {body[:80]!r}", status)
        message = str(fields.get("message", f"Expected status 200, got {status}"))
        code = "server-error" if status >= 500 else "rejected" if status >= 400 else "redirect"
        return failure(code, message, status)

    def _report(self, failure: Failure) -> None:
        try:
            self._on_failure(failure)
        except Exception:  # noqa: BLE001 - a hook that raises must not change what the call returns
            pass
