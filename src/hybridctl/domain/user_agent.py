"""What a device is called. A user agent is whatever its sender says: it helps to know one's own, and proves nothing."""

import re

# The first that matches: the later ones are named by the earlier ones' user agents as well.
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
    """Browser and system, as in "Firefox 140, Linux"; what is no browser that is known, as it is."""
    for pattern, browser in _BROWSERS:
        if found := pattern.search(user_agent):
            named = f"{browser} {found[1]}"
            system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
            return f"{named}, {system}" if system else named
    return user_agent
