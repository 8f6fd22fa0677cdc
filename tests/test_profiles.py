"""A site's profile replaces the default one, so it has to say everything that reruns rely on."""

import pytest
import yaml

from gamegrid.paths import WORKFLOW

DEFAULT = yaml.safe_load((WORKFLOW / "profiles/default/config.yaml").read_text())
SITES = sorted(path.parent.name for path in (WORKFLOW / "profiles").glob("*/config.yaml"))


@pytest.mark.parametrize("site", SITES)
def test_a_profile_repeats_the_default_one(site: str) -> None:
    profile = yaml.safe_load((WORKFLOW / f"profiles/{site}/config.yaml").read_text())
    assert profile.items() >= DEFAULT.items()
