"""rsenc: reads its databases for training (reader.py); the commands are on the PATH."""

from .reader import Patch, Patches, collate

__all__ = ["Patch", "Patches", "collate"]
__version__ = "@VERSION@"
