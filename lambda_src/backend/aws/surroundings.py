"""Where a service is and who asks, by the variables that Lambda and the SDKs have for it.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from backend.aws.signature import Credentials
from backend.settings import SettingsError

# The domains of a region's services by how its name begins: for IPv4 alone, and for IPv6 too.
_COMMERCIAL = ("amazonaws.com", "api.aws")
_DOMAINS = {
    "cn-": ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    "eusc-": ("amazonaws.eu", "api.amazonwebservices.eu"),
    "us-iso-": ("c2s.ic.gov", "api.aws.ic.gov"),
    "us-isob-": ("sc2s.sgov.gov", "api.aws.scloud"),
    "eu-isoe-": ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    "us-isof-": ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
}


def find_region(environ: Mapping[str, str]) -> str:
    return _require(environ, "AWS_REGION")


def find_credentials(environ: Mapping[str, str]) -> Credentials:
    """Those of the function's role, which stay good for as long as its environment lives."""
    return Credentials(
        _require(environ, "AWS_ACCESS_KEY_ID"),
        _require(environ, "AWS_SECRET_ACCESS_KEY"),
        environ.get("AWS_SESSION_TOKEN", ""),
    )


def find_address(service: str, environ: Mapping[str, str]) -> str:
    """The URL of `service` ("dynamodb", "ssm"), without a path; raises SettingsError naming the variable."""
    if not _is_true(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        for name in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
            if found := environ.get(name, "").rstrip("/"):
                if urlsplit(found).path:
                    raise SettingsError(f"{name} must not have a path: {found!r}")
                return found
    region = find_region(environ)
    domains = next((found for begin, found in _DOMAINS.items() if region.startswith(begin)), _COMMERCIAL)
    is_fips, is_dual = (_is_true(environ, f"AWS_USE_{what}_ENDPOINT") for what in ("FIPS", "DUALSTACK"))
    # GovCloud's own names of these services have always been FIPS's.
    fips = "-fips" if is_fips and (is_dual or not region.startswith("us-gov-")) else ""
    return f"https://{service}{fips}.{region}.{domains[is_dual]}"


def find_proxy(address: str, environ: Mapping[str, str]) -> str:
    """Host and port of the proxy on the way to an https `address`; empty when there is none."""
    host = urlsplit(address).hostname or ""
    proxy = environ.get("https_proxy") or environ.get("HTTPS_PROXY", "")
    direct = [name.strip().lstrip(".") for name in (environ.get("no_proxy") or environ.get("NO_PROXY", "")).split(",")]
    is_direct = "*" in direct or any(f".{host}".endswith(f".{name}") for name in direct if name)
    if not proxy or is_direct or not address.startswith("https:"):
        return ""
    found = urlsplit(proxy if "//" in proxy else f"//{proxy}").netloc
    if "@" in found:
        raise SettingsError("HTTPS_PROXY must not have a login; let the proxy know the function by its address")
    return found


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() == "true"


def _require(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set; Lambda sets it")
    return value
