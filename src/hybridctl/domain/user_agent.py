"""Names of devices. A user agent is whatever its sender claims: it helps users to recognize a device, and proves
nothing.
"""

import re

# The first match counts, because browsers further up also include the names of those further down.
_BROWSERS = (
    (re.compile(r"\bEdg(?:e|A|iOS)?/(\d+)"), "Edge"),
    (re.compile(r"\bOPR/(\d+)"), "Opera"),
    (re.compile(r"\bSamsungBrowser/(\d+)"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/(\d+)"), "Firefox"),
    (re.compile(r"\b(?:Chrome|CriOS)/(\d+)"), "Chrome"),
    (re.compile(r"\bVersion/(\d+).* Safari/"), "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return browser and system, such as "Firefox 140, Linux", or the user agent itself for an unknown browser."""
    for pattern, browser in _BROWSERS:
        if match := pattern.search(user_agent):
            named = f"{browser} {match[1]}"
            system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
            return f"{named}, {system}" if system else named
    return user_agent
