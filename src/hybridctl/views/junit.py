"""Write a smoke report as JUnit XML, so that CI shows every check."""

from xml.etree import ElementTree

from hybridctl.domain.smoke import SmokeReport


def junit_xml(report: SmokeReport) -> str:
    """Return one suite with one case for each check; times are in seconds."""
    suite = ElementTree.Element(
        "testsuite", name="hybridctl smoke", tests=str(len(report.checks)), failures=str(len(report.failed))
    )
    for check in report.checks:
        case = ElementTree.SubElement(
            suite, "testcase", classname=report.target, name=check.name, time=f"{check.milliseconds / 1000:.3f}"
        )
        if not check.ok:
            ElementTree.SubElement(case, "failure", message=check.detail)
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
