"""Run by an environment with aqdefreader: what it finds in a .dfq file, as JSON."""

import contextlib
import io
import json
import sys

import aqdefreader

with contextlib.redirect_stdout(io.StringIO()):
    file = aqdefreader.read_dfq_file(sys.argv[1])
    frame = aqdefreader.create_column_dataframe(file, 0, False)
(part,) = file.get_parts()
print(
    json.dumps(
        {
            "part": {key: part.get_data(key) for key in ("K1001", "K1002")},
            "characteristics": [
                {
                    "keys": {key: c.get_data(key) for key in c.get_data_keys()},
                    "values": [[m.value, str(m.datetime)] for m in c.get_measurements()],
                }
                for c in part.get_characteristics()
            ],
            "rows": len(frame),
        }
    )
)
