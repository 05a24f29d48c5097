"""Standard queues of SQS in a template."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reference_app.gateway.template.application import Queue
from reference_app.gateway.template.resolved_template import ResolvedTemplate

QUEUE = "AWS::SQS::Queue"


def read_queues(template: ResolvedTemplate) -> tuple[Queue, ...]:
    """The standard queues of the template; others are warned of."""
    return tuple(_queues(template))


def is_fifo(template: ResolvedTemplate, logical_id: str) -> bool:
    """Whether it is a FIFO queue, which are not run here."""
    return template.flag(logical_id, "FifoQueue")


def visibility_s(template: ResolvedTemplate, logical_id: str) -> int:
    """How long a message is hidden from others once it has been received."""
    return template.number(logical_id, "VisibilityTimeout", 30)


def _queues(template: ResolvedTemplate) -> Iterator[Queue]:
    standard = []
    for logical_id in template.of_type(QUEUE):
        if is_fifo(template, logical_id):
            template.warn(logical_id, "FIFO queues are not run here: there is no such queue for who sends")
        else:
            template.name(logical_id)  # raises the TemplateError of a name that cannot be known
            standard.append(logical_id)
    arns = {template.physical.attribute(logical_id, "Arn") for logical_id in standard}
    for logical_id in standard:
        yield _queue(template, logical_id, arns)


def _queue(template: ResolvedTemplate, logical_id: str, arns: set[str]) -> Queue:
    dead_letters, receives = _redrive(template, logical_id)
    if dead_letters is not None and dead_letters not in arns:
        template.warn(
            logical_id, f"no message goes to {dead_letters}: it is no standard queue of this template"
        )
        dead_letters = None
    return Queue(
        name=template.name(logical_id),
        url=template.physical.reference(logical_id),
        arn=template.physical.attribute(logical_id, "Arn"),
        visibility_s=float(visibility_s(template, logical_id)),
        delay_s=float(template.number(logical_id, "DelaySeconds", 0)),
        retention_s=float(template.number(logical_id, "MessageRetentionPeriod", 345_600)),
        longest_message=template.number(logical_id, "MaximumMessageSize", 1_048_576),
        dead_letters=dead_letters,
        max_receives=receives,
    )


def _redrive(template: ResolvedTemplate, logical_id: str) -> tuple[str | None, int]:
    """ARN of the queue of dead letters, and how often a message is received before it goes there."""
    policy = template.get(logical_id, "RedrivePolicy", {})
    try:
        policy = json.loads(policy) if isinstance(policy, str) else policy
        return (str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"])) if policy else (None, 0)
    except (ValueError, TypeError, KeyError) as wrong:
        accepted = "deadLetterTargetArn and maxReceiveCount"
        raise template.error(logical_id, f"property RedrivePolicy is {policy!r}", accepted) from wrong
