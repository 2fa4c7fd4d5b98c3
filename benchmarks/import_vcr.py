"""How long it takes to import 1,000 interactions of a vcrpy cassette: `python benchmarks/import_vcr.py`."""

import tempfile
import time
from pathlib import Path

from click.testing import CliRunner
from options import parser_of
from vcr.request import Request
from vcr.serializers import jsonserializer, yamlserializer

from pytest_codex_replay.cli import main
from pytest_codex_replay.interop.vcr_files import written

COUNT = 1000
DELTA = '{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"word "}'
EVENTS = f"event: response.output_text.delta\ndata: {DELTA}\n\n" * 40
END = 'event: response.completed\ndata: {"type":"response.completed","response":{"id":"r","output":[]}}\n\n'


def cassette(serializer):
    url, kind = "https://api.openai.com/v1/responses", {"content-type": "application/json"}
    requests = [Request("POST", url, b'{"model":"gpt-5","input":"%d"}' % n, kind) for n in range(COUNT)]
    answers = [
        {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["text/event-stream"]},
            "body": {"string": (EVENTS + END.replace('"r"', f'"r{n}"')).encode()},
        }
        for n in range(COUNT)
    ]
    return written(requests, answers, serializer)


def measure(name, serializer):
    with tempfile.TemporaryDirectory() as place:
        source = Path(place) / f"x.{name}"
        source.write_bytes(cassette(serializer))
        size, started, cpu = source.stat().st_size, time.perf_counter(), time.process_time()
        result = CliRunner().invoke(main, ["import", str(source), "--into", f"{place}/in"])
        assert result.exit_code == 0, result.output
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"{name}: {COUNT} interactions, {size / 1e6:.1f} MB: {wall:.1f} s, {cpu:.1f} CPU s")


if __name__ == "__main__":
    parser_of(__doc__).parse_args()
    for name, serializer in (("yaml", yamlserializer), ("json", jsonserializer)):
        measure(name, serializer)
