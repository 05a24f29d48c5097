"""The local stack beside serverless-offline on the same handlers, and the reference beside plain boto3."""
