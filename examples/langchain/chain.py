"""A chain of LangChain: a prompt, a model, a parser."""

import sys

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI


def answer(question: str) -> str:
    """Return what the model says, as it is streamed."""
    prompt = ChatPromptTemplate.from_messages([("user", "{question}")])
    model = ChatOpenAI(model="gpt-5.4", use_responses_api=True)
    return "".join((prompt | model | StrOutputParser()).stream({"question": question}))


if __name__ == "__main__":
    print(answer(sys.argv[1]))
