"""Environment variables of a function's process, as Lambda sets them (RA-27)."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reference_app.gateway.functions.function_layers import node_folders, python_folders
from reference_app.gateway.template.application import Function

_OF_THE_MACHINE = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True)
class Surroundings:
    """What every function of a stack finds around it."""

    region: str
    access_key_id: str
    secret_access_key: str
    session_token: str = "local-session-token"
    """Lambda's credentials are temporary ones, and there is code that insists on the token."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Where AWS is on this machine: endpoints, certificates. A function may set others."""
    python_path: tuple[Path, ...] = ()
    """Folders that come before the function's own `PYTHONPATH`."""
    node_sdks: Mapping[str, Path] = field(default_factory=dict)
    """By runtime, the folder that comes after everything that the function brings along: the AWS SDK."""


def function_variables(function: Function, surroundings: Surroundings) -> dict[str, str]:
    """The environment of one process. Nothing of the user's own shell gets in but where programs are.

    The names that Lambda reserves win over the function's own.
    """
    ours = {
        # The user's source folder stays as it is.
        "PYTHONDONTWRITEBYTECODE": "1",
        # No profile, endpoint or retry setting of this machine's user.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The SDK's warning that it will not run on this Node for ever.
        "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        **{name: os.environ[name] for name in _OF_THE_MACHINE if name in os.environ},
        **surroundings.variables,
    }
    sdk = [surroundings.node_sdks[function.runtime]] if function.runtime in surroundings.node_sdks else []
    return {
        **ours,
        **function.environment,
        **_reserved(function, surroundings),
        **_search_path("PYTHONPATH", surroundings.python_path, function, python_folders(function), ()),
        **_search_path("NODE_PATH", (), function, node_folders(function), sdk),
    }


def _reserved(function: Function, surroundings: Surroundings) -> dict[str, str]:
    stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{uuid.uuid4().hex}"
    return {
        "_HANDLER": function.handler,
        "AWS_ACCESS_KEY_ID": surroundings.access_key_id,
        "AWS_SECRET_ACCESS_KEY": surroundings.secret_access_key,
        "AWS_SESSION_TOKEN": surroundings.session_token,
        "AWS_REGION": surroundings.region,
        "AWS_DEFAULT_REGION": surroundings.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": str(function.code),
    }


def _search_path(
    variable: str, first: Iterable[Path], function: Function, of_layers: Iterable[Path], last: Iterable[Path]
) -> dict[str, str]:
    own = function.environment.get(variable)
    folders = [*map(str, first), *([own] if own else []), *map(str, of_layers), *map(str, last)]
    return {variable: os.pathsep.join(folders)} if folders else {}
