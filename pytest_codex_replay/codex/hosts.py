"""Where models are asked, and by which variables clients are told."""

from collections.abc import Mapping
from types import MappingProxyType

MODEL_HOSTS = ("openai.com", "chatgpt.com", "openai.azure.com")
"""Domains of the upstreams that Codex and the SDKs of its makers know by themselves."""
BASE_URL_VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_BASE")
"""Environment variables from which SDKs take the base URL: OpenAI's own, and the older one of LangChain and LiteLLM."""
UNTRACED: Mapping[str, str] = MappingProxyType({"OPENAI_AGENTS_DISABLE_TRACING": "1"})
"""Keeps the OpenAI Agents SDK from reporting each run to OpenAI, in a thread that goes on after it."""
