"""Runs whose jobs share no file system: what they cannot have, and the records of their results.

A record says which job was the first to do something. Jobs that do not see each other's files
cannot know that, so the process that starts them writes the records.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.plan.plan import Plan
from gamegrid.records import registrations, stamp, value_record
from gamegrid.records.remote import RECORDS, Remote


def check(plan: Plan) -> None:
    """Refuse what needs files that all jobs see. Raises UserError."""
    if plan.bundles:
        raise UserError(
            f"max_jobs: {plan.config.max_jobs:,} jobs would play {len(plan.chunks):,} chunks, and "
            f"jobs without a shared file system play one chunk each. Set max_jobs to at least "
            f"{len(plan.chunks):,}, or play larger chunks."
        )
    if plan.config.run_mode == "replay":
        return
    if plan.config.budget_usd is not None:
        raise UserError(
            "budget_usd: jobs without a shared file system do not see what others spend, so no "
            "budget can be kept. Leave it out, and set a limit for the key at the provider."
        )
    for model in plan.models.values():
        if not model.kind.capabilities.hosted and "dtype" not in model.entry.engine:
            raise UserError(
                f"{model.written.name}: without a shared file system each job would choose the "
                f"number format by itself, and replies would depend on its machine. State it in "
                f"the model's entry, such as engine: {{dtype: float32}}."
            )


def begin(plan: Plan, results: Path, address: str) -> None:
    """Write the records that jobs read before they play.

    Raises UserError if the results at the address are those of another seed or protocol.
    """
    # The Snakefile imports this module for each job.
    from gamegrid.oracles.value_function import value_function

    with recorded(address, results, RECORDS):
        if not plan.config.mix_results:
            stamp.check(results, plan.stamp)
        stamp.write(results, plan.stamp)
        registrations.note(results, plan.planned)
        for game in plan.grid.games:
            if (values := value_function(game.load_string)) is not None:
                value_record.fix(results, game.name, values.name)


@contextmanager
def recorded(address: str | None, results: Path, names: Sequence[str]) -> Iterator[None]:
    """Fetch files of the results folder before the block, and send them after it.

    Without an address nothing is fetched or sent.
    """
    if address is None:
        yield
        return
    remote = Remote(address)
    for name in names:
        remote.fetch_file(name, results)
    yield
    for name in names:
        remote.send_file(name, results)
