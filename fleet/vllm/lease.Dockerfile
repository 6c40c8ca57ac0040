# vLLM's own image behind the lease guard: docs/lease.md.
#   docker build -f fleet/vllm/lease.Dockerfile -t REGISTRY/vllm-lease:v0.32.0 fleet/vllm
ARG VLLM=vllm/vllm-openai:v0.32.0
FROM ${VLLM}
COPY lease_guard.py /opt/kerne/lease_guard.py
ENTRYPOINT ["python3", "/opt/kerne/lease_guard.py", "python3", "-m", "vllm.entrypoints.openai.api_server"]
