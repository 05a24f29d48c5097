"""Event source mappings of a template: the streams of its tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reference_app.gateway.functions import event_filter
from reference_app.gateway.template.application import StreamSource
from reference_app.gateway.template.resolved_template import ResolvedTemplate
from reference_app.gateway.template.template_functions import function_named
from reference_app.gateway.template.template_tables import TABLE

EVENT_SOURCE = "AWS::Lambda::EventSourceMapping"


def read_streams(template: ResolvedTemplate) -> tuple[StreamSource, ...]:
    """The streams of the template's tables that invoke functions; other event sources are warned of.

    Raises TemplateError for a filter that is not evaluated here.
    """
    return tuple(_sources(template))


def _sources(template: ResolvedTemplate) -> Iterator[StreamSource]:
    for logical_id in template.of_type(EVENT_SOURCE):
        streams = {_stream_arn(template, table): table for table in template.of_type(TABLE)}
        arn = str(template.get(logical_id, "EventSourceArn"))
        function = function_named(template, template.text(logical_id, "FunctionName"))
        if arn not in streams:
            template.warn(logical_id, f"only streams of this template's tables invoke functions, not {arn}")
        elif function is None:
            template.warn(logical_id, "its FunctionName is no function of this template")
        elif str(template.get(logical_id, "Enabled", True)).lower() == "true":
            yield _source(template, logical_id, function, streams[arn], arn)


def _stream_arn(template: ResolvedTemplate, table: str) -> str:
    template.name(table)  # raises the TemplateError of a table whose name cannot be known
    return template.physical.attribute(table, "StreamArn")


def _source(template: ResolvedTemplate, logical_id: str, function: str, table: str, arn: str) -> StreamSource:
    if not template.mapping(table, "StreamSpecification"):
        raise template.error(table, "a function waits for its stream, and it has none", "StreamSpecification")
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
        bisects=str(template.get(logical_id, "BisectBatchOnFunctionError", False)).lower() == "true",
        reports_failures="ReportBatchItemFailures" in template.texts(logical_id, "FunctionResponseTypes"),
        filters=tuple(_filters(template, logical_id)),
    )


def _filters(template: ResolvedTemplate, logical_id: str) -> Iterator[Mapping[str, Any]]:
    for entry in template.mapping(logical_id, "FilterCriteria").get("Filters") or []:
        try:
            pattern = json.loads(entry["Pattern"])
            event_filter.check(pattern)
        except (ValueError, TypeError, KeyError) as wrong:
            accepted = f"values, and {', '.join(event_filter.OPERATORS)}"
            raise template.error(logical_id, f"property FilterCriteria: {wrong}", accepted) from wrong
        yield pattern
