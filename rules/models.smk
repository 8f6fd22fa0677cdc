rule fetch_models:
    log:
        "results/logs/fetch_models.log",
    localrule: True
    conda:
        "../envs/hf.yaml"
    params:
        models=when_needed(gamegrid.hub_models, PLAN),
    script:
        "../scripts/fetch_models.py"
