"""Queues of a template: SQ-3."""

from __future__ import annotations

import pytest

from reference_app.gateway.stack_errors import TemplateError
from reference_app.gateway.template.application import Queue
from reference_app.gateway.template.template_queues import read_queues
from reference_app.tests.template_writing import resolved_template

ARN = "arn:aws:sqs:us-east-1:123456789012"
URL = "https://sqs.us-east-1.amazonaws.com/123456789012"
DEAD = "Dead: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}\n"


def posts(properties: str) -> str:
    return f"Posts: {{Type: AWS::SQS::Queue, Properties: {{QueueName: posts, {properties}}}}}\n"


def test_a_queue_that_says_nothing_has_what_sqs_gives() -> None:
    (queue,) = read_queues(resolved_template(posts("")))

    assert queue == Queue("posts", f"{URL}/posts", f"{ARN}:posts")
    assert (queue.visibility_s, queue.retention_s, queue.longest_message) == (30.0, 345_600.0, 1_048_576)


@pytest.mark.parametrize(
    "policy",
    [
        "{deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}",
        f"""'{{"deadLetterTargetArn": "{ARN}:dead", "maxReceiveCount": "3"}}'""",
    ],
)
def test_what_a_queue_says_is_read(policy: str) -> None:
    more = "VisibilityTimeout: 60, DelaySeconds: 5, MessageRetentionPeriod: 120, MaximumMessageSize: 1024"

    _, queue = read_queues(resolved_template(DEAD + posts(f"{more}, RedrivePolicy: {policy}")))

    assert (queue.visibility_s, queue.delay_s, queue.retention_s, queue.longest_message) == (60, 5, 120, 1024)
    assert (queue.dead_letters, queue.max_receives) == (f"{ARN}:dead", 3)


def test_a_policy_that_says_less_than_it_has_to_is_refused() -> None:
    with pytest.raises(TemplateError, match="deadLetterTargetArn and maxReceiveCount"):
        read_queues(resolved_template(posts("RedrivePolicy: {maxReceiveCount: 3}")))


def test_dead_letters_stay_where_their_queue_is_not_here_with_a_warning() -> None:
    template = resolved_template(posts("RedrivePolicy: {deadLetterTargetArn: elsewhere, maxReceiveCount: 3}"))

    (queue,) = read_queues(template)

    assert queue.dead_letters is None
    assert template.warnings == [
        "template.yaml:2: Posts (AWS::SQS::Queue): no message goes to elsewhere: "
        "it is no standard queue of this template"
    ]


def test_fifo_queues_are_not_here_with_a_warning() -> None:
    template = resolved_template(posts("FifoQueue: true"))

    assert read_queues(template) == ()
    assert "FIFO queues are not run here" in template.warnings[0]
