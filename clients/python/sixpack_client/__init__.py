"""Client of the Sixpack A/B testing server.

>>> from sixpack_client import Session
>>> session = Session("http://localhost:5000", client_id="user-42")
>>> session.participate("button", ["red", "blue"])
"""

from .failure import Failure
from .session import Session

__all__ = ["Failure", "Session"]
