"""`hybridctl bootstrap`, whole, on fakes."""

from fakes import FakeBackend
from hybridctl.domain.foundation import Part


def test_what_is_missing_is_made_and_only_that(hybridctl, golden):
    backend = FakeBackend()
    backend.foundation.missing = {Part.ENCRYPTION, Part.TLS}
    golden("bootstrap-dry-run.txt", hybridctl("bootstrap", "local", "--dry-run", backend=backend).transcript)
    assert backend.foundation.missing == {Part.ENCRYPTION, Part.TLS}
    golden("bootstrap.txt", hybridctl("bootstrap", "local", backend=backend).transcript)
    assert backend.foundation.missing == set()
    golden("bootstrap-again.txt", hybridctl("bootstrap", "local", backend=backend).transcript)


def test_a_bucket_on_aws_needs_consent(hybridctl):
    backend = FakeBackend()
    backend.foundation.missing = set(Part)
    assert hybridctl("bootstrap", "staging", backend=backend).code == 6
    assert backend.foundation.missing == set(Part)
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
