"""The permissions boundary of the function's role.

Without it, anyone who may write the function's role and code could give the function any permission and invoke it. A
boundary grants nothing: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.arns import Arns
from hybridctl.domain.iam.grants import Grant, Reach
from hybridctl.domain.iam.policy import Document, document


def boundary(names: Names, place: Place) -> Document:
    """Return the managed policy that limits the function's role to the environment's own tables, queues, logs and
    parameters.
    """
    arns = Arns(names, place)
    items = ("GetItem", "BatchGetItem", "ConditionCheckItem", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
    data = tuple(f"dynamodb:{name}" for name in (*items, "Query", "Scan", "DescribeTable"))
    logs = ("logs:CreateLogStream", "logs:PutLogEvents")
    reach = Reach.DEPLOY
    polls = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage")
    queues = [Grant("Queues", "function", reach, polls, (arns.queues,))] if names.workers else []
    return document(
        [
            *queues,
            Grant("Tables", "function", reach, data, (arns.tables, arns.indexes)),
            Grant("Logs", "function", reach, logs, arns.log_groups),
            Grant("Parameters", "function", reach, ("ssm:GetParameter", "ssm:GetParameters"), (arns.parameters,)),
        ]
    )
