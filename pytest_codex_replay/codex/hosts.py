"""Where models are asked."""

MODEL_HOSTS = ("openai.com", "chatgpt.com", "openai.azure.com")
"""Domains of the upstreams that Codex and the SDKs of its makers know by themselves."""
BASE_URL_VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
"""Environment variables from which SDKs take the base URL: OpenAI's own, and the older one of LangChain and LiteLLM."""
