"""A pytest plugin: moto on a Python for which `cryptography` is not built. It needs that for certificates alone."""

import importlib.abc
import importlib.machinery
import sys
from unittest.mock import MagicMock


class NoCertificates(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, _path, _target=None):
        is_wanted = name.partition(".")[0] == "cryptography"
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if is_wanted else None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        """There is nothing to run."""


sys.meta_path.insert(0, NoCertificates())
