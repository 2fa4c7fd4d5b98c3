"""What standards say: payloads, JSON, SSE, WebSocket, content encodings, URLs, the Responses API. No I/O."""
