"""CloudWatch Logs Insights for the sandbox: the common part of its query language.

`expressions` parses and evaluates one expression, `commands` a whole query, `fields` extracts a log event's fields, and
`queries` replaces the emulator's operation. Unknown parts of a query are refused by name, never ignored.

Source: AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""
