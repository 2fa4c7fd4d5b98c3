"""Ask a model something, and print its answer as it comes."""

import sys

import openai


def ask(client: openai.OpenAI, prompt: str) -> str:
    """Return the whole answer; print it piece by piece."""
    answer = ""
    with client.responses.stream(model="gpt-5.4", input=prompt) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                print(event.delta, end="", flush=True)
                answer += event.delta
    print()
    return answer


if __name__ == "__main__":
    ask(openai.OpenAI(), sys.argv[1])
