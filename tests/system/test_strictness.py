"""The strictness probes against the running engine's public port. With --table prints every probe and its answer."""
import os
import sys
import unittest

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "support")]
import http_probes  # noqa: E402
from engine import Engine  # noqa: E402

TABLE = "--table" in sys.argv


class Strictness(unittest.TestCase):
    def test_every_probe_is_answered_as_it_must_be(self):
        with Engine() as engine:
            rows = http_probes.run("127.0.0.1", engine.port, "/livez", "/v1/campaigns/spring/draws", echoes=False, body_max=1024)
        if TABLE:
            print("case | expected | answer\n---|---|---")
            for name, expected, answer, good in rows:
                print(f"{name} | {expected} | {answer}{'' if good else '  **wrong**'}")
        print(f"{len(rows)} probes, {sum(not row[3] for row in rows)} wrong")
        self.assertGreater(len(rows), 100)
        self.assertEqual([row for row in rows if not row[3]], [])


if __name__ == "__main__":
    unittest.main(argv=[word for word in sys.argv if word != "--table"], verbosity=2, warnings="ignore")
