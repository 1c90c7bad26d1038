"""List prices from the file in the package, the checkout's override, and AWS's price list."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from hybridctl.adapters.aws.errors import explain_failures
from hybridctl.domain.cost.prices import Price, PriceList, without_free_tier
from hybridctl.errors import ConfigurationInvalid, NotFound
from hybridctl.files import READABLE, parse_toml, read_text, write_file

# The price list API is available in a few regions only, with the prices of all regions.
API_REGION = "us-east-1"
# A region's prefix of a usage type: USE1-, EU-, APN1-. us-east-1 sometimes has none; IA- is a storage class.
_PREFIX = re.compile(r"(?!IA-)[A-Z]{2,4}\d?-")
_DOING = "reading AWS's price list (pricing:GetProducts)"


class ListPrices:
    """The prices of this checkout. `folder` contains the prices that were refreshed from AWS."""

    def __init__(self, folder: Path, open_client: Callable[[], Any]) -> None:
        self._folder = folder
        self._open = open_client

    def of(self, region: str) -> PriceList:
        """Return the region's refreshed prices, or those of the package, which are for us-east-1."""
        ours = _read_own()
        path = self.file(region)
        if path.exists():
            try:
                refreshed = _read(read_text(path))
            except (ConfigurationInvalid, ValueError, LookupError, TypeError, AttributeError) as cause:
                raise ConfigurationInvalid(
                    f"{path} cannot be read: {cause}", hint=f"delete it, or: hybridctl cost --refresh-prices ({region})"
                ) from cause
            return replace(refreshed, prices={**ours.prices, **refreshed.prices})
        return replace(ours, foreign=ours.region != region)

    def file(self, region: str) -> Path:
        return self._folder / f"prices-{region}.toml"

    def ask(self, known: PriceList, region: str, today: date) -> PriceList:
        """Return the same prices from AWS's price list. Prices that are missing or ambiguous in the list are left out.

        Raises AwsRefused, and NotFound if the list has no prices for the region.
        """
        listed: dict[str, Price] = {}
        wanted: dict[str, dict[str, Price]] = defaultdict(dict)
        for price in known.prices.values():
            if price.service:
                wanted[price.service][price.usage] = price
        for service, by_usage in wanted.items():
            tiers_by_usage: dict[str, set[tuple[tuple[float, float], ...]]] = defaultdict(set)
            for usage, tiers in self._products(service, region, set(by_usage)):
                tiers_by_usage[usage].add(tiers)
            for usage, several in tiers_by_usage.items():
                if len(several) == 1:  # several products with different prices for one usage type are ambiguous
                    price = by_usage[usage]
                    listed[price.name] = replace(price, tiers=several.pop(), seen=today, source="AWS price list")
        if not listed:
            raise NotFound(f"AWS's price list has no prices for {region}", hint="check the spelling of the region")
        return PriceList(region, listed)

    def keep(self, prices: PriceList) -> Path:
        """Write the prices to the checkout's private folder. Raises FileUnwritable."""
        path = self.file(prices.region)
        write_file(path, _serialize(prices).encode(), mode=READABLE)
        return path

    def _products(
        self, service: str, region: str, usages: set[str]
    ) -> Iterator[tuple[str, tuple[tuple[float, float], ...]]]:
        with explain_failures(_DOING):
            paginator = self._open().get_paginator("get_products")
            pages = paginator.paginate(ServiceCode=service, Filters=_filters(service, region), FormatVersion="aws_v1")
            for page in pages:
                for text in page["PriceList"]:
                    product = json.loads(text)
                    usage = _without_region(product["product"]["attributes"].get("usagetype", ""), usages)
                    tiers = without_free_tier(list(_dimensions(product.get("terms", {}))))
                    if usage and tiers:
                        yield usage, tiers


def _filters(service: str, region: str) -> list[dict[str, str]]:
    if service == "AWSDataTransfer":
        return [
            {"Type": "TERM_MATCH", "Field": "fromRegionCode", "Value": region},
            {"Type": "TERM_MATCH", "Field": "transferType", "Value": "AWS Outbound"},
        ]
    return [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]


def _without_region(usage: str, known: Iterable[str]) -> str | None:
    return next((one for one in known if usage == one or _PREFIX.fullmatch(usage.removesuffix(one))), None)


def _dimensions(terms: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    for term in terms.get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            yield float(dimension["beginRange"]), float(dimension["pricePerUnit"]["USD"])


@cache
def _read_own() -> PriceList:
    return _read(files("hybridctl.adapters").joinpath("list_prices.toml").read_text(encoding="utf-8"))


def _read(text: str) -> PriceList:
    content = parse_toml(text, "the price list")
    return PriceList(content["region"], {name: _read_price(name, raw) for name, raw in content["prices"].items()})


def _read_price(name: str, raw: Mapping[str, Any]) -> Price:
    tiers = tuple((float(start), float(each)) for start, each in raw["tiers"])
    free = {key: float(raw.get(key, 0)) for key in ("free", "free_first_year")}
    return Price(**{**raw, **free, "name": name, "tiers": tiers})


def _serialize(prices: PriceList) -> str:
    lines = [
        "# Written by `hybridctl cost --refresh-prices`; delete this file to go by the package's prices again.",
        "",
    ]
    lines.append(f"region = {json.dumps(prices.region)}")
    for price in prices.prices.values():
        tiers = ", ".join(f"[{start:.1f}, {each:.12f}]" for start, each in price.tiers)
        lines += ["", f"[prices.{price.name}]"]
        lines += [
            f"{key} = {json.dumps(getattr(price, key))}" for key in ("about", "unit", "service", "usage", "source")
        ]
        lines += [f"free = {price.free}", f"free_first_year = {price.free_first_year}"]
        lines += [f"tiers = [{tiers}]", f"seen = {price.seen.isoformat()}"]
    return "\n".join(lines) + "\n"
