"""Client of the Sixpack A/B testing server.

>>> from sixpack_ab import Session
>>> session = Session("http://localhost:5000", client_id="user-42")
>>> session.participate("button", ["red", "blue"])
"""

from .async_session import AsyncSession
from .conversion_queue import ConversionQueue
from .failure import Failure
from .session import Session

__all__ = ["AsyncSession", "ConversionQueue", "Failure", "Session"]
