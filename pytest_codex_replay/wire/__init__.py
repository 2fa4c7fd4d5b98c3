"""What Codex speaks: payloads, SSE, content encodings, identity, endpoints, the Responses API. No I/O."""
