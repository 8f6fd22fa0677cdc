rule check:
    log:
        "results/logs/check.log",
    localrule: True
    conda:
        f"../envs/{PLAN.needs.heaviest_environment}.yaml"
    params:
        # On a cluster, jobs use GPUs of other hosts.
        gpus_here=lambda wildcards: workflow.local_exec,
    script:
        "../scripts/check.py"


rule estimate:
    log:
        "results/logs/estimate.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/estimate.py"


rule interim:
    log:
        "results/logs/interim.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    script:
        "../scripts/interim.py"


rule status:
    log:
        "results/logs/status.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/status.py"


rule verify:
    log:
        "results/logs/verify.log",
    localrule: True
    conda:
        "../envs/core.yaml"
    script:
        "../scripts/verify.py"
