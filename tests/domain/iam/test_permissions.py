"""The permissions that `doctor` asks about."""

from hybridctl.domain.environment import Names, Place
from hybridctl.domain.iam.permissions import needs


def test_every_need_is_of_this_environment_alone():
    place = Place("staging", "111122223333", "eu-west-1")
    for need in needs(Names("hybrid-ci-cd", "staging"), place):
        for resource in need.resources:
            shared = ("apigateway", "aws-service-role")  # these ids and this role are AWS's
            assert resource == "*" or "hybrid-ci-cd" in resource or any(one in resource for one in shared)
