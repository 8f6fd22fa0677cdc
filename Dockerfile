# An image with all that the jobs of one environment need, the report, and gamegrid itself:
#
#     python -m build --wheel
#     docker build --build-arg ENVIRONMENT=hf --tag gamegrid:0.1.0-hf .
#
# ENVIRONMENT is core, litellm, hf or vllm. The patch version of Python is that of envs/.
FROM python:3.11.7-slim-bookworm
ARG ENVIRONMENT

# vLLM compiles kernels while it starts.
RUN if [ "$ENVIRONMENT" = vllm ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends g++ \
        && rm -rf /var/lib/apt/lists/*; \
    fi

WORKDIR /tmp/gamegrid
COPY constraints.txt locks/${ENVIRONMENT}.txt locks/report.txt ./
RUN pip install --no-cache-dir --require-hashes --no-deps -r ${ENVIRONMENT}.txt -r report.txt

# PyTorch, which the lock of hf leaves out, comes with gamegrid itself.
COPY dist/gamegrid-*.whl ./
RUN pip install --no-cache-dir -c constraints.txt "$(ls gamegrid-*.whl)[${ENVIRONMENT},report]" \
    && rm -rf /tmp/gamegrid
WORKDIR /
