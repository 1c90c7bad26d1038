"""The rows of `docs/sandbox-parity.md`: each difference of the emulator from AWS, and its test."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """One difference; `test` is a node id below `tests/sandbox`, empty for what is left as it is."""

    service: str
    aws: str
    emulator: str
    sandbox: str
    test: str


GAPS = (
    Gap(
        "Lambda",
        "an alias with weights sends each request to one of its two versions",
        "always takes the alias's own version",
        "chooses by weight, for Invoke and for integrations; `ExecutedVersion` tells which",
        "cloud/test_routing.py::test_an_http_api_follows_the_weights_of_its_alias",
    ),
    Gap(
        "Lambda",
        "an execution environment has one log stream, and outlives an exception",
        "a stream for each invocation; the process is ended by an exception",
        "runs Python in environments of its own, one stream each",
        "cloud/test_invocations.py::test_an_error_is_told_as_lambda_tells_it_and_the_environment_stays_warm",
    ),
    Gap(
        "Lambda",
        "INIT_START, START, END, REPORT with Init Duration; each line has its own time",
        "no init, and the time of the end for every line",
        "writes the platform's lines, each with the time at which it was read",
        "cloud/test_invocations.py::test_platform_lines_surround_the_functions_own_and_a_cold_start_tells_its_init",
    ),
    Gap(
        "Lambda",
        "an error carries errorType, errorMessage, requestId and stackTrace",
        "`Runtime.HandlerError` and the message",
        "answers as Lambda's Python runtime does",
        "cloud/test_invocations.py::test_an_error_is_told_as_lambda_tells_it_and_the_environment_stays_warm",
    ),
    Gap(
        "Lambda",
        "a function sees its own environment variables and the runtime's",
        "also sees the server's environment",
        "composes the environment from nothing",
        "cloud/test_invocations.py::test_the_environment_holds_nothing_of_the_sandbox",
    ),
    Gap(
        "Lambda",
        "reserved concurrency is the function's, through whatever alias it is reached",
        "not held for versions and aliases behind an API",
        "looks it up at the function",
        "cloud/test_invocations.py::test_reserved_concurrency_holds_for_an_alias_too_and_a_throttle_is_no_invocation",
    ),
    Gap(
        "Lambda",
        "metrics by FunctionName, by Resource and by ExecutedVersion; a throttle is no invocation",
        "by FunctionName alone, for Invoke alone; a throttle is counted twice, and as an invocation",
        "counts every invocation once, under each set",
        "cloud/test_invocations.py::test_each_invocation_is_counted_once_under_each_dimension_set",
    ),
    Gap(
        "Lambda",
        "metrics in the embedded format are taken from the log",
        "not at all",
        "reads them from each line",
        "cloud/test_invocations.py::test_an_emf_line_becomes_a_metric",
    ),
    Gap(
        "Lambda",
        "an alias to a missing version, weights beyond [0, 1] or on `$LATEST` are refused",
        "accepted",
        "refused with Lambda's codes",
        "cloud/test_refusals.py::test_an_alias_that_lambda_would_refuse",
    ),
    Gap(
        "Lambda",
        "PublishVersion compares RevisionId and CodeSha256",
        "ignores both",
        "412 and 400",
        "cloud/test_refusals.py::test_a_revision_that_has_moved_on",
    ),
    Gap(
        "Lambda",
        "nothing is published when code and configuration are what they were; Publish in one call is the same thing",
        "publishes again; the version made with Publish has an incomplete record",
        "compares code and configuration; one way for all three operations",
        "cloud/test_publishing.py::test_nothing_new_is_published_when_nothing_has_changed",
    ),
    Gap(
        "Lambda",
        "UpdateFunctionCode with DryRun changes nothing",
        "changes the code",
        "changes nothing",
        "cloud/test_publishing.py::test_a_dry_run_changes_nothing",
    ),
    Gap(
        "Lambda",
        "at least 100 executions of the account stay unreserved",
        "any number can be reserved",
        "refused",
        "cloud/test_refusals.py::test_a_hundred_executions_stay_unreserved",
    ),
    Gap(
        "Lambda",
        "provisioned concurrency is for published versions, and within the reserved",
        "accepted for anything",
        "refused; nothing is kept warm for it",
        "cloud/test_refusals.py::test_provisioned_concurrency_is_for_published_versions_and_within_the_reserved",
    ),
    Gap(
        "Lambda",
        "memory, timeout, environment size and reserved names have limits",
        "accepted",
        "refused",
        "cloud/test_refusals.py::test_a_configuration_beyond_the_limits",
    ),
    Gap(
        "Lambda",
        "a payload is at most 6 MB",
        "any size",
        "413",
        "cloud/test_refusals.py::test_a_payload_beyond_six_megabytes",
    ),
    Gap(
        "API Gateway",
        "a named stage stands in front of rawPath and requestContext.http.path",
        "left out",
        "put there",
        "cloud/test_http_api.py::test_a_named_stage_stands_in_front_of_the_path",
    ),
    Gap(
        "API Gateway",
        "an access log line per request, in the stage's format; one request id throughout",
        "no access log; three different ids",
        "written to the stage's log group",
        "cloud/test_http_api.py::test_answer_event_and_access_log_name_one_request",
    ),
    Gap(
        "API Gateway",
        "a preflight is answered 204; an origin that is not allowed gets no CORS headers",
        "403 for an origin that is not allowed",
        "204, headers by the configuration; CORS headers of the function are dropped",
        "cloud/test_http_api.py::test_an_origin_that_is_not_allowed_gets_no_cors_headers",
    ),
    Gap(
        "API Gateway",
        "a failed function is 500 `Internal Server Error`, a throttled one 503",
        "502 with the function's error, 429",
        "500 and 503, the reason in the access log",
        "cloud/test_http_api.py::test_a_function_that_fails_is_a_500_that_tells_nothing",
    ),
    Gap(
        "API Gateway",
        "a stage's rate and burst limits answer 429; a limit of 0 refuses everything",
        "no throttling",
        "a token bucket per API and stage, from the default route settings",
        "cloud/test_http_api.py::test_a_stage_whose_limit_is_zero_refuses_everything",
    ),
    Gap(
        "API Gateway",
        "Count, 4xx, 5xx, Latency, IntegrationLatency, DataProcessed by ApiId and by Stage",
        "no metrics",
        "counted",
        "cloud/test_http_api.py::test_requests_are_measured_by_api_and_by_stage",
    ),
    Gap(
        "DynamoDB",
        "consumed capacity by table and by index, latency by operation, failed conditions",
        "no metrics",
        "counted from what each operation says that it consumed",
        "cloud/test_tables.py::test_operations_are_measured_by_table_index_and_operation",
    ),
    Gap(
        "DynamoDB",
        "on demand an index has no capacity; provisioned it must be given one",
        "an index keeps what it had",
        "follows the billing mode",
        "cloud/test_tables.py::test_indexes_follow_the_billing_mode_both_ways",
    ),
    Gap(
        "CloudWatch Logs",
        "Logs Insights: a language of commands and functions, run over minutes at times",
        "`fields`, simple filters, sort by time and limit; what it does not know is passed over",
        "`fields`, `display`, `filter`, `parse`, one `stats`, `sort`, `limit` and the common functions; "
        "the rest is refused by name; complete at once",
        "cloud/test_insights.py::test_what_is_not_known_is_refused_by_name",
    ),
    Gap(
        "CloudWatch Logs",
        "a Live Tail session ends after three hours",
        "goes on",
        "goes on; what it sends is as on AWS (`cloud/test_live_tail.py`)",
        "",
    ),
    Gap(
        "CloudWatch Logs",
        "FilterLogEvents pages by 10 000 events or 1 MB scanned; a page may be empty and carry a token",
        "the oldest events and never a token",
        "pages as AWS does",
        "cloud/test_log_events.py::test_a_seldom_matching_filter_gives_empty_pages_with_a_token",
    ),
    Gap(
        "CloudWatch Logs",
        "logStreamNamePrefix chooses streams",
        "ignored",
        "chooses streams",
        "cloud/test_log_events.py::test_streams_are_chosen_by_name_or_prefix_never_both",
    ),
    Gap(
        "CloudWatch Logs",
        "patterns: case-sensitive terms, ?alternatives, -exclusions, %expressions%, { $.json = selectors }",
        "case-insensitive terms; a JSON selector matches everything",
        "all but space-delimited patterns, which are refused",
        "cloud/test_filter_pattern.py::test_a_pattern_matches_what_the_documentation_says",
    ),
    Gap(
        "CloudWatch",
        "an alarm reads back as it was written",
        "no metric queries; by the query protocol no period, statistic, dimensions or actions; no CBOR",
        "stored whole; the three protocols are read and written by the service's model",
        "cloud/test_alarms.py::test_an_alarm_reads_back_complete_by_the_query_protocol",
    ),
    Gap(
        "CloudWatch",
        "an alarm follows its own dimensions, periods and missing data, and its expression",
        "sums over all dimensions, when metrics are put and at no other time",
        "looks once a second; periods end now and not at the full minute, so that a rehearsal need not wait",
        "cloud/test_alarms.py::test_an_alarm_follows_its_own_series_and_its_composite_follows_it",
    ),
    Gap(
        "CloudWatch",
        "a metric is its name and its dimensions; metric math; newest first",
        "without dimensions the sum over all; no expressions; oldest first",
        "exact series, arithmetic expressions, newest first; no SEARCH, no anomaly detection",
        "cloud/test_alarms.py::test_a_metric_is_its_dimensions_too",
    ),
    Gap(
        "CloudWatch",
        "GetMetricStatistics gives at most 1 440 datapoints",
        "any number",
        "refused",
        "cloud/test_alarms.py::test_more_than_1440_datapoints_are_refused",
    ),
    Gap(
        "Application Auto Scaling",
        "targets, policies and tags of tables, indexes and aliases that exist",
        "the service is missing",
        "kept and validated; it does not scale",
        "cloud/test_autoscaling.py::test_a_target_its_tags_and_its_policy_read_back",
    ),
    Gap(
        "all",
        "what is made stays made",
        "saved at an orderly end only",
        "saved about once a second while it changes, and at the end",
        "test_server.py::test_everything_survives_a_stop_and_a_kill",
    ),
    Gap(
        "Lambda",
        "GetFunction of a version leads to that version's package",
        "to the newest package, whatever the version",
        "to the version's own",
        "cloud/test_publishing.py::test_each_version_leads_to_its_own_package",
    ),
    Gap(
        "API Gateway",
        "a stage's access log or a route's settings can be taken away; changed tags are told with it",
        "deletes the whole stage; tells the tags of the beginning",
        "takes away what was named, tells the tags as they are",
        "cloud/test_control_plane.py::test_a_stage_outlives_its_access_log_and_its_route_settings",
    ),
    Gap(
        "IAM",
        "descriptions and tags with markup are answered as text",
        "writes them into the XML as they are, which no client can read",
        "escapes them",
        "cloud/test_control_plane.py::test_a_text_with_markup_is_told_as_it_was_given",
    ),
    Gap(
        "Lambda", "the arm64 runtime that is asked for", "the server's own Python", "the same: the CLI's own Python", ""
    ),
    Gap("Lambda", "memory buys processor time", "it does not", "the same; Max Memory Used is the process's own", ""),
    Gap("Lambda", "provisioned concurrency starts environments ahead", "records it", "the same", ""),
    Gap("SNS", "an address confirms its subscription by a link in a mail", "confirms by itself", "the same", ""),
    Gap("API Gateway", "OPTIONS reaches a route when the API has no CORS configuration", "403", "404", ""),
    Gap("DynamoDB", "provisioned throughput runs out; expired items stay for days", "neither", "the same", ""),
    Gap("CloudWatch Logs", "events can be read some seconds after they were written", "at once", "the same", ""),
    Gap("IAM", "policies decide", "every call is allowed", "the same", ""),
)
