import pytest

from hybridctl.domain.user_agent import device_name

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IOS = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140, Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome 142, Windows"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge 142, Windows",
        ),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome 142, Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {IOS} Version/26.0 Safari/605.1.15", "Safari 26, macOS"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {IOS} Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari 26, iPhone",
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome 142, ChromeOS"),
        ("curl/8.7.1", "curl/8.7.1"),
        ("Mozilla/5.0", "Mozilla/5.0"),
        ("Firefox/", "Firefox/"),
        ("Firefox/140", "Firefox 140"),
        ("", ""),
    ],
)
def test_a_device_is_called_what_its_owner_calls_it(user_agent, name):
    assert device_name(user_agent) == name
