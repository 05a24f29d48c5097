"""Locust is imported here once, without the patches to the standard library that its import makes."""

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
import locust  # noqa: F401 - for its side effect, or rather without it

del os.environ["LOCUST_SKIP_MONKEY_PATCH"]  # the commands that tests start are patched as users' are
