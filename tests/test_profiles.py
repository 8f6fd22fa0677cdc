"""Site profiles, and what docs/cluster.md says about them."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from gamegrid.config import models
from gamegrid.jobs import snakemake_internals
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.plan.demand import JOB_MB, LOCAL_MODEL_MB

DEFAULT = yaml.safe_load((WORKFLOW / "profiles/default/config.yaml").read_text())
SITES = sorted(path.parent.name for path in (WORKFLOW / "profiles").glob("*/config.yaml"))


@pytest.mark.parametrize("site", SITES)
def test_a_profile_repeats_the_default_one_which_it_replaces(site: str) -> None:
    profile = yaml.safe_load((WORKFLOW / f"profiles/{site}/config.yaml").read_text())
    shares = "default-storage-provider" not in profile
    kept = {key: value for key, value in DEFAULT.items() if shares or key != "shared-fs-usage"}
    assert profile.items() >= kept.items()


def test_the_page_on_clusters_is_true(tmp_path: Path) -> None:
    page = (WORKFLOW / "docs/cluster.md").read_text()
    written = map(textwrap.dedent, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    found = {next(iter(yaml.safe_load(text))): text for text in written}
    (tmp_path / "models.yaml").write_text(found["models"])
    assert models.read_files(["models.yaml"], tmp_path)
    assert plan.make(yaml.safe_load(found["deals"]), tmp_path).chunks
    [pinned] = re.findall(r"^litellm==\S+$", (WORKFLOW / "constraints.txt").read_text(), re.M)
    assert pinned.replace("==", "[proxy]==") in page
    assert {str(JOB_MB), str(LOCAL_MODEL_MB)} <= {*re.findall(r"\d+", page)}


@pytest.mark.parametrize("state", snakemake_internals.MEANINGS)
def test_the_page_on_clusters_explains_what_slurm_says_often(state: str) -> None:
    page = (WORKFLOW / "docs/cluster.md").read_text()
    assert state in page
