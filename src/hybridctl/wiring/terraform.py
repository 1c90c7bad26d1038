"""The ports of Terraform, its state, and the bucket and roles that they need."""

from __future__ import annotations  # start-up: what the annotations name is imported by type checkers only

import json
from functools import cached_property
from typing import TYPE_CHECKING

from hybridctl.wiring.connection import Connection
from hybridctl.wiring.machine import open_artifacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hybridctl.ports.machine import Artifacts
    from hybridctl.ports.terraform import CiAccess, Leftovers, StateBucket, Terraform


class TerraformPorts(Connection):
    @cached_property
    def artifacts(self) -> Artifacts:
        return open_artifacts(self._settings)

    @cached_property
    def terraform(self) -> Terraform:
        from hybridctl.adapters.terraform.cli import TerraformCli
        from hybridctl.adapters.terraform.runs import Root

        settings = self._settings
        root = Root(
            environment=self._environment.name,
            folder=settings.terraform_environments / self._environment.name,
            data=settings.private / "terraform" / self._environment.name,
            backend=self._location.state_backend(self._bucket, self._names.state_key),
            environ=self._engine_environ(),
            wanted_engine=settings.engine,
            found_engine=self._found_engine,
            shell_variables=settings.shell_variables,
            project=settings.project,
            reattach=json.dumps(self._location.reattach) if self._location.reattach else None,
            served_since=self._location.started,
            lock_seconds=settings.patience.lock,
            lock=lambda: self.state.lock(),  # noqa: PLW0108  not before it is asked for
        )
        return TerraformCli(root)

    @cached_property
    def leftovers(self) -> Leftovers:
        from hybridctl.adapters.aws.leftovers import AwsLeftovers

        return AwsLeftovers(self._session.client, self.place)

    @cached_property
    def foundation(self) -> StateBucket:
        from hybridctl.adapters.aws import state_bucket

        return state_bucket.S3StateBucket(
            lambda: self._session.client("s3"),
            name=self._bucket,
            region=self._environment.region,
            account=self.place.account,
            partition=self.place.partition,
            sleep=self._clock.sleep,
        )

    @cached_property
    def ci_access(self) -> CiAccess:
        from hybridctl.adapters.aws.ci_access import IamCiAccess

        return IamCiAccess(lambda: self._session.client("iam"))

    def _engine_environ(self) -> Mapping[str, str]:
        """Return Terraform's environment variables: on AWS our own credentials, wherever they came from."""
        from hybridctl.adapters.aws.credentials import CHAIN

        environ = self._location.child_environ(self._settings.environ)
        given = self._session.engine_environment()
        return {name: value for name, value in environ.items() if name not in CHAIN} | given if given else environ
