"""What both kinds of session know and check: who the client is, what it asks, and how failures are told."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from functools import partial
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Type, TypeVar, Union
from urllib.parse import parse_qs, urlsplit

from .calls import Arguments, Call, Options, Question
from .client_id import check_domain, client_id_from_cookie, cookie_for, new_client_id
from .failure import Failure, log_failure
from .names import (
    check_alternatives,
    check_api_key,
    check_client_id,
    check_experiment,
    check_name,
    check_number,
    check_timeout,
    check_traffic_fraction,
    check_weights,
)
from .servers import server_at
from .text import from_latin1, ornament, scrubbed

RETRY_PAUSE_S = 0.1
"""First pause before a conversion or a link is tried again; each further one is twice as long."""

_V = TypeVar("_V", bound="Visitor")


class Visitor:
    """One client, identified by ``client_id``, else by its cookie, else by a new UUID."""

    def __init__(
        self,
        base_url: str,
        *,
        client_id: Optional[str] = None,
        cookie: Optional[str] = None,
        query: Optional[str] = None,
        ip_address: Optional[str] = None,
        user_agent: Optional[str] = None,
        timeout: float = 0.5,
        retries: int = 2,
        on_failure: Optional[Callable[[Failure], object]] = None,
        cookie_domain: Optional[str] = None,
        storage: Optional[str] = None,
        api_key: Optional[str] = None,
        segments: Optional[Mapping[str, Optional[str]]] = None,
    ) -> None:
        """
        :param base_url: of the server, with its mount path if it has one
        :param cookie: the ``Cookie`` header of the request at hand
        :param query: the query string of the page, for ``?sixpack-force-NAME=ALTERNATIVE``
        :param ip_address: of the visitor; forwarded, like ``user_agent``
        :param timeout: longest time of one call, in seconds
        :param retries: how often a conversion or a link is tried again
        :param on_failure: told of everything that went wrong; what it raises is ignored. Without it they are warnings
            to the logger ``sixpack_ab``
        :param cookie_domain: of the cookie, for sites whose hosts (``www.``, ``shop.``) share their visitors
        :param storage: ``"none"``: no cookie is read or set, as before consent. ``"cookie"``, the default, unless a
            client id is given
        :param api_key: for an open server, one of its ``api_keys``; sent in a header
        :param segments: parts of the visitors that this one belongs to, by dimension: ``{"plan": "pro"}``
        :raises ValueError: for a setting that is not valid
        """
        base = _split(base_url)
        if base is None or base.scheme not in ("http", "https") or not base.hostname:
            # What stands before an @ may be a password.
            shown = re.sub(r".*@", "@", str(base_url), flags=re.DOTALL)
            raise ValueError(f"Expected an http(s) base URL without user or query, got {shown!r}")
        check_timeout(timeout)
        if not retries >= 0:
            raise ValueError(f"Expected 0 or more retries, got {retries!r}")
        if storage not in (None, "cookie", "none"):
            raise ValueError(f"Expected the storage cookie or none, got {storage!r}")
        check_domain(cookie_domain)
        check_api_key(api_key)
        kept = client_id_from_cookie(scrubbed(cookie or "")) if storage != "none" else None
        storage = storage or ("cookie" if client_id is None else "none")
        if client_id is None:
            client_id = kept or new_client_id()
        check_client_id(client_id)
        self._base = base
        self._path = base.path.rstrip("/")
        self._server = server_at(base_url.rstrip("/"))
        self._client_id = client_id
        self._sets_cookie = storage == "cookie" and kept != client_id
        self._is_used = False
        self.cookie_domain = cookie_domain
        self._forced = parse_qs(scrubbed(query or "").lstrip("?"))
        self._shown_by_force: Set[str] = set()
        self._visitor: Arguments = {"client_id": client_id}
        for name, text in (("ip_address", ornament(ip_address)), ("user_agent", ornament(user_agent))):
            if text:
                self._visitor[name] = text
        self._segments: Arguments = {}
        for dimension, value in (segments or {}).items():
            check_name("a dimension", dimension)
            if ornament(value):
                self._segments[f"segment.{dimension}"] = ornament(value)
        self._api_key = api_key
        self._timeout = float(timeout)
        self._retries = retries
        self._on_failure = on_failure or partial(log_failure, base_url.rstrip("/"))

    @classmethod
    def from_wsgi(cls: Type[_V], base_url: str, environ: Mapping[str, Any], **options: Any) -> _V:
        """The session of a WSGI request: cookie, query, address of the connection and user agent come from there."""
        found: Dict[str, Any] = {
            "cookie": from_latin1(environ.get("HTTP_COOKIE", "")),
            "query": from_latin1(environ.get("QUERY_STRING", "")),
            "ip_address": environ.get("REMOTE_ADDR"),
            "user_agent": from_latin1(environ.get("HTTP_USER_AGENT", "")),
        }
        return cls(base_url, **{**found, **options})

    @classmethod
    def from_asgi(cls: Type[_V], base_url: str, scope: Mapping[str, Any], **options: Any) -> _V:
        """The same of an ASGI request."""
        cookies: List[str] = []
        agent = ""
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies.append(value.decode("utf-8", "replace"))
            elif name == b"user-agent":
                agent = value.decode("utf-8", "replace")
        found: Dict[str, Any] = {
            "cookie": "; ".join(cookies),
            "query": scope.get("query_string", b"").decode("utf-8", "replace"),
            "ip_address": scope["client"][0] if scope.get("client") else None,
            "user_agent": agent,
        }
        return cls(base_url, **{**found, **options})

    @property
    def client_id(self) -> str:
        self._is_used = True
        return self._client_id

    @property
    def set_cookie(self) -> str:
        """Value of a ``Set-Cookie`` header that makes a browser keep the client id."""
        return cookie_for(self._client_id, self.cookie_domain)

    @property
    def cookie_to_set(self) -> Optional[str]:
        """The same where the response at hand needs it: for a new client, once its session was used."""
        return self.set_cookie if self._is_used and self._sets_cookie else None

    def _question(self, experiment: str, alternatives: Sequence[str], options: Options) -> Question:
        check_experiment(experiment)
        check_alternatives(alternatives)
        check_traffic_fraction(options.traffic_fraction)
        check_weights(options.weights, len(alternatives))
        check_number("a covariate", options.covariate)
        self._is_used = True
        wished = options.force
        if wished is None and f"sixpack-force-{experiment}" in self._forced:
            wished = self._forced[f"sixpack-force-{experiment}"][0]
        forced = wished if wished in alternatives else None
        arguments: Arguments = {"experiment": experiment, "alternatives": list(alternatives), **self._visitor, **self._segments}
        if options.traffic_fraction is not None:
            arguments["traffic_fraction"] = _number(options.traffic_fraction)
        if options.weights is not None:
            arguments["weights"] = [_number(weight) for weight in options.weights]
        if options.covariate is not None:
            arguments["covariate"] = _number(options.covariate)
        if options.prefetch:
            arguments["prefetch"] = True
        if forced is not None:
            arguments.update(force=forced, record_force=True)
        asks = forced is None or options.record_force
        if asks:
            self._shown_by_force.discard(experiment)
        else:
            self._shown_by_force.add(experiment)
        return Question(Call("participate", arguments), list(alternatives), forced, asks)

    def _conversion(
        self, experiment: Optional[str], kpi: Optional[str], value: Union[float, Decimal, None]
    ) -> Optional[Call]:
        """``None`` where the alternative was forced, and not recorded: the server could only refuse."""
        arguments: Arguments = {**self._visitor, "id": str(uuid.uuid4())}
        if experiment is not None:
            check_experiment(experiment)
            arguments["experiment"] = experiment
        if kpi is not None:
            check_name("a KPI", kpi)
            arguments["kpi"] = kpi
        check_number("a value", value)
        if value is not None:
            arguments["value"] = _number(value)
        self._is_used = True
        return None if experiment in self._shown_by_force else Call("convert", arguments)

    def _linking(self, previous_id: str, experiment: Optional[str]) -> Call:
        check_client_id(previous_id)
        arguments: Arguments = {"client_id": self._client_id, "previous_id": previous_id}
        if experiment is not None:
            check_experiment(experiment)
            arguments["experiment"] = experiment
        self._is_used = True
        return Call("link", arguments)

    def _report(self, failure: Failure) -> None:
        try:
            self._on_failure(failure)
        except Exception:  # noqa: BLE001 - a hook that raises must not change what the call returns
            pass


def _split(base_url: str) -> Any:
    if not isinstance(base_url, str) or not re.fullmatch(r"(?:(?![?#@])[!-~])+", base_url):
        return None
    try:
        base = urlsplit(base_url)
        # Raises where it is none.
        return None if base.port == 0 else base
    except ValueError:
        return None


def _number(value: Any) -> Union[int, float]:
    """A Python number of any other kind (``Decimal``, NumPy's) as one that can be written."""
    return value if type(value) in (int, float) else int(value) if isinstance(value, int) else float(value)
