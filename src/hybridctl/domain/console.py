"""URLs of dashboards and log groups in the AWS console, in each partition.

Sources of hosts and escapes: the npm package cwl-link, and https://qiita.com/yoohya/items/3ef1124ae9dd945e3b9f .
"""

from urllib.parse import quote

from hybridctl.domain.environment import COMMERCIAL, Place

_HOSTS = {
    COMMERCIAL: "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}


def dashboard_url(place: Place, name: str) -> str | None:
    """Return the URL of a dashboard, or None for the sandbox and for a partition with an unknown console."""
    return _cloudwatch(place, f"dashboards/dashboard/{quote(name, safe='')}")


def log_group_url(place: Place, name: str) -> str | None:
    """Return the URL of a log group. The console escapes its name twice, with `$` instead of `%`."""
    twice = quote(quote(name, safe=""), safe="").replace("%", "$")
    return _cloudwatch(place, f"logsV2:log-groups/log-group/{twice}")


def _cloudwatch(place: Place, fragment: str) -> str | None:
    host = _HOSTS.get(place.partition)
    if host is None or place.endpoint is not None:
        return None
    return f"https://{place.region}.{host}/cloudwatch/home?region={place.region}#{fragment}"
