from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hybridctl.domain.iam.policy import Document
from hybridctl.domain.rehearsal import Difference, SandboxGaps
from hybridctl.domain.sandbox import AccessKey, SandboxStatus


@dataclass
class FakeSandbox:
    home: Path
    up: bool = False
    calls: list[str] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def status(self) -> SandboxStatus:
        if not self.up:
            return SandboxStatus(self.home)
        return SandboxStatus(
            home=self.home,
            running=True,
            pid=4711,
            port=4566,
            endpoint="http://127.0.0.1:4566",
            account="000000000000",
            region="us-east-1",
            emulator="ministack 1.5.33",
            key=AccessKey("SANDBOXEXAMPLE12", "example-secret"),
            started=datetime(2026, 3, 1, tzinfo=UTC),
            reattach={},
        )

    def start(self, *, port: int | None = None, enforce_iam: bool | None = None) -> SandboxStatus:
        self.calls.append(f"start {port}")
        self.up = True
        return self.status()

    def gaps(self) -> SandboxGaps:
        gap = Difference("DynamoDB", "provisioned throughput runs out", "it does not")
        return SandboxGaps((gap,), ("aws_dynamodb_table", "aws_lambda_function"), ("aws_region",))

    def provider_of(self, caller: AccessKey) -> Mapping[str, object]:
        return {}

    def make_key(self, user: str, policies: Sequence[Document]) -> AccessKey:
        self.calls.append(f"key {user}, {sum(len(policy['Statement']) for policy in policies)} statements")
        return AccessKey("AKIAIOSFODNN7EXAMPLE", "long" * 30)  # longer than a line

    def stop(self) -> bool:
        self.calls.append("stop")
        was, self.up = self.up, False
        return was

    def reset(self) -> SandboxStatus:
        self.calls.append("reset")
        return self.status()
