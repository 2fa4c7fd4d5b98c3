#!/bin/sh
# Ask a model something with curl, and print the events of its answer as they come.
curl --silent --show-error --no-buffer --fail-with-body "${OPENAI_BASE_URL:-https://api.openai.com/v1}/responses" \
    --header "Authorization: Bearer $OPENAI_API_KEY" --header "Content-Type: application/json" \
    --data "{\"model\": \"gpt-5.4\", \"stream\": true, \"input\": \"$1\"}"
