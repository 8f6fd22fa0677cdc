"""Rule fetch_models: download every hub model of the grid for jobs without network."""

if __name__ == "__main__":
    from gamegrid.backends.hub import HubModel, fetch_all
    from gamegrid.jobs.run import run

    wanted = [HubModel(*model) for model in snakemake.params.models]
    run(lambda: fetch_all(wanted), snakemake.log[0])
