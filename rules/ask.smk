rule check:
    log:
        "results/logs/check.log",
    conda:
        f"../envs/{PLAN.heaviest}.yaml"
    script:
        "../scripts/check.py"


rule estimate:
    log:
        "results/logs/estimate.log",
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/estimate.py"


rule status:
    log:
        "results/logs/status.log",
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/status.py"
