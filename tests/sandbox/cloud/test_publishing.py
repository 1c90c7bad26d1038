"""Publishing: a version for each change, none without one."""

import json

import httpx
import pytest

from sandbox.cloud.functions import Function, package


def test_nothing_new_is_published_when_nothing_has_changed(function):
    assert [function.publish(), function.publish()] == ["1", "1"]
    function.update("one")  # the same bytes again
    assert function.publish() == "1"
    function.update("two")
    assert function.publish() == "2"
    function.configure(MemorySize=256)
    assert function.publish() == "3"


def test_a_function_made_with_publish_has_a_complete_first_version(sandbox):
    function = Function(sandbox, Publish=True)
    versions = function.client.list_versions_by_function(FunctionName=function.name)["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1"]
    assert versions[1]["FunctionArn"].endswith(f":{function.name}:1")
    assert versions[1]["State"] == "Active"
    assert function.publish() == "1"


def test_a_dry_run_changes_nothing(function):
    before = function.client.get_function_configuration(FunctionName=function.name)["CodeSha256"]
    function.client.update_function_code(FunctionName=function.name, ZipFile=package("other"), DryRun=True)
    assert function.client.get_function_configuration(FunctionName=function.name)["CodeSha256"] == before
    assert function.invoke()["body"]["code"] == "one"


def test_code_and_version_come_in_one_call(function):
    made = function.client.update_function_code(FunctionName=function.name, ZipFile=package("two"), Publish=True)
    assert made["Version"] == "1"
    function.wait()
    assert function.invoke({}, "1")["body"]["code"] == "two"


def test_each_version_leads_to_its_own_package(function):
    first = function.publish()
    function.update("two")
    function.wait()
    second = function.publish()

    def download(qualifier: str) -> bytes:
        found = function.client.get_function(FunctionName=function.name, Qualifier=qualifier)
        return httpx.get(found["Code"]["Location"]).content

    assert download(first) == package("one")
    assert download(second) == download("$LATEST") == package("two")


def test_the_permissions_of_an_alias_and_a_version_go_with_them(sandbox):
    """Terraform makes a permission again after someone has deleted its alias: on AWS that is no conflict."""
    function = Function(sandbox)
    version = function.publish()
    function.alias("live", version)
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "StatementId": "api"}
    add, client = function.client.add_permission, function.client
    for qualifier in ("live", version):
        add(FunctionName=function.name, Qualifier=qualifier, **allowed)
    add(FunctionName=function.name, **{**allowed, "StatementId": "own"})
    with pytest.raises(client.exceptions.ResourceConflictException):
        add(FunctionName=function.name, Qualifier="live", **allowed)
    client.delete_alias(FunctionName=function.name, Name="live")
    function.alias("live", version)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName=function.name, Qualifier="live")
    add(FunctionName=function.name, Qualifier="live", **allowed)
    client.delete_alias(FunctionName=function.name, Name="live")
    client.delete_function(FunctionName=function.name, Qualifier=version)
    kept = json.loads(client.get_policy(FunctionName=function.name)["Policy"])["Statement"]
    assert [one["Sid"] for one in kept] == ["own"]
