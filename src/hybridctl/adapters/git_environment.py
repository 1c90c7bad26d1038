"""The process environment of a git that must look at one checkout and at no other."""

from collections.abc import Mapping

# git sets the first line of these for its hooks, and follows them wherever it runs (git(1), "Environment Variables").
FOREIGN_GIT = frozenset(
    {
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX"),
        *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES", "GIT_GRAFT_FILE"),
        *("GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS", "GIT_QUARANTINE_PATH"),
        *("GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_DEFAULT_HASH", "GIT_INTERNAL_SUPER_PREFIX", "GIT_ATTR_SOURCE"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
        *("GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_CONFIG", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_VERSION"),
    }
)


def own_git(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what leads git to another repository, and without traces, prompts and locks of its own."""
    kept = {
        name: value
        for name, value in environ.items()
        if name not in FOREIGN_GIT and not name.startswith(("GIT_TRACE", "GIT_REDIRECT"))
    }
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
