"""All runs under an output root, fast: what their summaries say is kept in a file, which is a cache."""

from nnrun.index.cache import INDEX
from nnrun.index.found import Found, Listing
from nnrun.index.walking import answered, listing

__all__ = ["INDEX", "Found", "Listing", "answered", "listing"]
