"""The one way to the net for everything but mail: parse once, resolve once, check every address, connect to that one.

``client()`` gives an httpx client that refuses what points inside; internal targets need an administrator's word
(``Allowed``). Rules by safety.md A7. The real wall is a network policy around the worker.
"""

from otklik.egress.addresses import Allowed, Refused
from otklik.egress.client import MAX_ANSWER, TooLarge, allowed, client, fetch, refused

__all__ = ["MAX_ANSWER", "Allowed", "Refused", "TooLarge", "allowed", "client", "fetch", "refused"]
