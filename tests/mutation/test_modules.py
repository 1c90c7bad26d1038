"""The list of modules names what there is, and a change is reported by its code alone."""

from mutation.__main__ import ROOT, Module, Outcome, Survivor, _survivor, read_modules

CHANGED = """\
class Shop:
    def xǁShopǁprice__mutmut_orig(self, count: int) -> int:  # type: ignore # mutmut generated
        if count > 3:
            return self.each * count

        return 7

    def xǁShopǁprice__mutmut_1(self, count: int) -> int:  # type: ignore # mutmut generated
        if count >= 3:
            return self.each * count

        return 7

def x_total__mutmut_orig(
    one: int,
) -> int:
    return one + 1

def x_total__mutmut_12(
    one: int,
) -> int:
    return one + 2
"""


def test_every_file_and_every_test_of_the_list_is_there():
    for module in read_modules().values():
        assert module.files
        for name in (*module.files, *module.tests):
            assert (ROOT / name).exists(), f"{module.name}: {name}"
        assert all(module.equivalent.values()), f"{module.name}: a change without a reason"


def test_a_survivor_is_reported_by_its_function_and_the_change():
    assert _survivor(CHANGED, "xǁShopǁprice__mutmut_1") == Survivor("Shop.price", "if count > 3:", "if count >= 3:")
    assert str(_survivor(CHANGED, "x_total__mutmut_12")) == "total: return one + 1 -> return one + 2"


def test_what_nobody_can_notice_does_not_count():
    one, other = Survivor("f", "a", "b"), Survivor("f", "a", "c")
    module = Module("m", ["f.py"], ["test_f.py"], equivalent={str(one): "the same"})
    outcome = Outcome(module, 9, [one, other])
    assert outcome.real == [other]
    assert outcome.share == 0.9
