rule train_tiny:
    output:
        "results/tiny/model.safetensors",
    log:
        "results/logs/train_tiny.log",
    benchmark:
        "results/benchmarks/train_tiny.jsonl"
    conda:
        "../envs/hf.yaml"
    script:
        "../scripts/train_tiny.py"
