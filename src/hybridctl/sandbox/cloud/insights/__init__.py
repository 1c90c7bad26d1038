"""CloudWatch Logs Insights for the sandbox: the part of its language that people ask a log with.

`expressions` reads and evaluates one expression, `commands` a whole query, `fields` finds what a log event holds, and
`queries` takes the place of the emulator's operation. What is not known is refused by name, never passed over.

Source: AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""
