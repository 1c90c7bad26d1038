"""`hybridctl bootstrap`, whole, on fakes."""

from fakes import FakeBackend
from hybridctl.domain.foundation import BucketPart


def test_what_is_missing_is_made_and_only_that(hybridctl, golden):
    backend = FakeBackend()
    backend.foundation.missing = {BucketPart.ENCRYPTION, BucketPart.TLS}
    golden("bootstrap-dry-run.txt", hybridctl("bootstrap", "local", "--dry-run", backend=backend).transcript)
    assert backend.foundation.missing == {BucketPart.ENCRYPTION, BucketPart.TLS}
    golden("bootstrap.txt", hybridctl("bootstrap", "local", backend=backend).transcript)
    assert backend.foundation.missing == set()
    golden("bootstrap-again.txt", hybridctl("bootstrap", "local", backend=backend).transcript)


def test_a_bucket_on_aws_needs_consent(hybridctl):
    backend = FakeBackend()
    backend.foundation.missing = set(BucketPart)
    assert hybridctl("bootstrap", "staging", backend=backend).code == 6
    assert backend.foundation.missing == set(BucketPart)
    assert hybridctl("bootstrap", "staging", "--yes", backend=backend).code == 0


def test_the_roles_of_ci_are_made_on_request(hybridctl, golden):
    backend = FakeBackend()
    golden(
        "bootstrap-ci.txt",
        hybridctl("bootstrap", "production", "--ci", "acme/backend", "--yes", backend=backend).transcript,
    )
    again = hybridctl("--output", "json", "bootstrap", "production", "--ci", "acme/backend", backend=backend)
    assert (again.code, '"ci_made": []' in again.out) == (0, True)
    assert hybridctl("bootstrap", "staging", "--ci", "acme/*", backend=backend).code == 2


def test_a_repository_that_cannot_be_looked_up_is_named_by_its_ids_or_its_whole_claim(hybridctl):
    backend = FakeBackend()
    backend.github.customization = None
    refused = hybridctl("bootstrap", "staging", "--ci", "acme/backend", "--yes", backend=backend)
    assert (refused.code, "OWNER@OWNER_ID/REPO@REPO_ID" in refused.err) == (2, True)
    by_ids = hybridctl("bootstrap", "staging", "--ci", "acme@1/backend@2", "--dry-run", backend=backend)
    assert "repo:acme@1/backend@2:environment:staging" in by_ids.out
    claim = "repo:acme/backend:environment:{environment}"
    by_claim = ("--ci", "acme/backend", "--subject", claim, "--branch", "trunk", "--dry-run")
    answer = hybridctl("bootstrap", "staging", *by_claim, backend=backend)
    assert "repo:acme/backend:environment:staging" in answer.out
    assert "refs/heads/trunk" in answer.out
    assert hybridctl("bootstrap", "staging", "--branch", "trunk", backend=backend).code == 2


def test_a_policy_that_someone_changed_is_kept_until_overwriting_is_asked_for(hybridctl):
    backend = FakeBackend()
    role = "hybrid-ci-cd-ci-staging"
    backend.ci_access.edited = {role: {"Version": "2012-10-17", "Statement": [{"Sid": "Theirs"}]}}
    typed = ("bootstrap", "staging", "--ci", "acme/backend", "--yes")
    kept = hybridctl(*typed, backend=backend)
    assert kept.code == 0
    assert "edited by hand" in kept.out
    assert "Theirs" in kept.out
    assert role in backend.ci_access.edited
    assert hybridctl(*typed, "--overwrite", backend=backend).code == 0
    assert backend.ci_access.edited == {}
