"""Event source mappings of a template: its tables' streams and its queues, where they invoke functions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reference_app.gateway.functions import event_filter
from reference_app.gateway.template.application import QueueSource, StreamSource
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.template_functions import function_named
from reference_app.gateway.template.template_queues import QUEUE, is_fifo, visibility_s
from reference_app.gateway.template.template_tables import TABLE

EVENT_SOURCE = "AWS::Lambda::EventSourceMapping"
_BATCHES_AT_ONCE = 5  # SQ-4


def read_event_sources(template: ResolvedTemplate) -> tuple[StreamSource | QueueSource, ...]:
    """What in the template invokes functions; event sources that are not here are warned of.

    Raises TemplateError for a filter that is not evaluated here, and for what AWS would refuse to deploy.
    """
    return tuple(_sources(template))


def _sources(template: ResolvedTemplate) -> Iterator[StreamSource | QueueSource]:
    for logical_id in template.of_type(EVENT_SOURCE):
        streams = {_stream_arn(template, table): table for table in template.of_type(TABLE)}
        queues = {template.physical.attribute(queue, "Arn"): queue for queue in template.of_type(QUEUE)}
        arn = str(template.get(logical_id, "EventSourceArn"))
        function = function_named(template, template.text(logical_id, "FunctionName"))
        if arn not in streams and (arn not in queues or is_fifo(template, queues[arn])):
            here = "streams of this template's tables and its standard queues"
            template.warn(logical_id, f"only {here} invoke functions, not {arn}")
        elif function is None:
            template.warn(logical_id, "its FunctionName is no function of this template")
        elif not template.flag(logical_id, "Enabled", default=True):
            continue
        elif arn in streams:
            yield _stream(template, logical_id, function, streams[arn], arn)
        else:
            yield _queue(template, logical_id, function, queues[arn], arn)


def _stream_arn(template: ResolvedTemplate, table: str) -> str:
    template.name(table)  # raises the TemplateError of a table whose name cannot be known
    return template.physical.attribute(table, "StreamArn")


def _stream(template: ResolvedTemplate, logical_id: str, function: str, table: str, arn: str) -> StreamSource:
    if not template.mapping(table, "StreamSpecification"):
        raise template.error(table, "a function waits for its stream, and it has none", "StreamSpecification")
    for left_out in ("DestinationConfig", "TumblingWindowInSeconds", "ParallelizationFactor"):
        if template.get(logical_id, left_out) not in (None, 0, 1):
            template.warn(logical_id, f"its {left_out} is left out")
    position = template.text(logical_id, "StartingPosition")
    if position not in ("TRIM_HORIZON", "LATEST"):
        accepted = "TRIM_HORIZON or LATEST"
        raise template.error(logical_id, f"property StartingPosition is {position!r}", accepted)
    return StreamSource(
        function=function,
        table=template.name(table),
        stream_arn=arn,
        starting_position="LATEST" if position == "LATEST" else "TRIM_HORIZON",
        batch_size=template.number(logical_id, "BatchSize", 100),
        window_s=float(template.number(logical_id, "MaximumBatchingWindowInSeconds", 0)),
        retries=template.number(logical_id, "MaximumRetryAttempts", -1),
        oldest_s=float(template.number(logical_id, "MaximumRecordAgeInSeconds", -1)),
        bisects=template.flag(logical_id, "BisectBatchOnFunctionError"),
        reports_failures=_reports_failures(template, logical_id),
        filters=tuple(_filters(template, logical_id)),
    )


def _queue(template: ResolvedTemplate, logical_id: str, function: str, queue: str, arn: str) -> QueueSource:
    hidden_s, timeout_s = visibility_s(template, queue), template.number(function, "Timeout", 3)
    if hidden_s < timeout_s:
        problem = f"the VisibilityTimeout of {queue}, {hidden_s}, is less than the Timeout of {function}"
        raise template.error(logical_id, problem, f"at least {timeout_s}")
    scaling = template.mapping(logical_id, "ScalingConfig")
    return QueueSource(
        function=function,
        queue_arn=arn,
        batch_size=template.number(logical_id, "BatchSize", 10),
        window_s=float(template.number(logical_id, "MaximumBatchingWindowInSeconds", 0)),
        concurrency=min(_BATCHES_AT_ONCE, int(scaling.get("MaximumConcurrency", _BATCHES_AT_ONCE))),
        reports_failures=_reports_failures(template, logical_id),
        filters=tuple(_filters(template, logical_id)),
    )


def _reports_failures(template: ResolvedTemplate, logical_id: str) -> bool:
    return "ReportBatchItemFailures" in template.texts(logical_id, "FunctionResponseTypes")


def _filters(template: ResolvedTemplate, logical_id: str) -> Iterator[Mapping[str, Any]]:
    for entry in template.mapping(logical_id, "FilterCriteria").get("Filters") or []:
        try:
            pattern = json.loads(entry["Pattern"])
            event_filter.check(pattern)
        except (ValueError, TypeError, KeyError) as wrong:
            accepted = f"values, and {', '.join(event_filter.OPERATORS)}"
            raise template.error(logical_id, f"property FilterCriteria: {wrong}", accepted) from wrong
        yield pattern
