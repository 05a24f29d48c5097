"""Cannot be loaded: what it imports is nowhere."""

from __future__ import annotations

import a_module_that_nobody_wrote  # type: ignore[import-not-found]

handler = a_module_that_nobody_wrote.handler
