"""docs/openapi.yaml against the error list and against the stand-in of fake_api.py; test_player.py adds the engine.

The checker knows exactly the schema words that the contract uses and refuses any other, so nothing passes unchecked.
"""

import json
import re
import unittest
import urllib.error
import urllib.request
import uuid
from datetime import datetime

import yaml

from fake_api import ERRORS, ROOT, FakeApi

SPEC = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SAID = {"description", "default", "example"}
WALLET_READS = ("/v1/wallet/transactions", "/v1/wallet/payee", "/v1/wallet/withdrawals")


def resolve(node):
    while "$ref" in node:
        target = SPEC
        for step in node["$ref"][2:].split("/"):
            target = target[step.replace("~1", "/")]
        node = {**target, **{k: v for k, v in node.items() if k not in ("$ref", "description")}}
    return node


def type_is(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def faults(value, schema, at="$"):
    """Every way in which the value is not what the schema says."""
    schema = resolve(schema)
    found = []
    for word, said in schema.items():
        if word == "type":
            good = any(type_is(value, name) for name in ([said] if isinstance(said, str) else said))
            found += [] if good else [f"{at}: {value!r} is not {said}"]
        elif word == "enum":
            found += [] if value in said else [f"{at}: {value!r} is none of {said}"]
        elif word == "const":
            found += [] if value == said else [f"{at}: {value!r} is not {said!r}"]
        elif word == "required":
            found += [f"{at}: {name} is missing" for name in said if name not in value]
        elif word == "properties":
            for name in said.keys() & value.keys():
                found += faults(value[name], said[name], f"{at}.{name}")
        elif word == "additionalProperties":
            found += [f"{at}: {name} is not in the contract" for name in value.keys() - schema["properties"].keys()]
        elif word == "items":
            for i, item in enumerate(value):
                found += faults(item, said, f"{at}[{i}]")
        elif word == "allOf":
            found += [fault for one in said for fault in faults(value, one, at)]
        elif word == "oneOf":
            found += [] if sum(not faults(value, one, at) for one in said) == 1 else [f"{at}: {value!r} is not one of the choices"]
        elif word == "pattern":
            found += [] if value is None or re.search(said, value) else [f"{at}: {value!r} does not match {said}"]
        elif word in ("minimum", "maximum"):
            found += [] if value is None or (value >= said if word == "minimum" else value <= said) else [f"{at}: {value} {word} {said}"]
        elif word in ("minLength", "maxLength", "maxItems"):
            found += [] if (len(value) >= said if word == "minLength" else len(value) <= said) else [f"{at}: {word} {said}"]
        elif word == "format":
            found += [] if said == "date-time" and datetime.fromisoformat(value).tzinfo else [f"{at}: {value!r} is no {said}"]
        elif word not in SAID:
            raise AssertionError(f"the checker does not know {word}")
        if word == "type" and found:
            return found
    return found


def operations():
    for path, item in SPEC["paths"].items():
        for method in item.keys() & {"get", "post", "put"}:
            yield path, method, item[method]


def ask(up, method, path, token=True, headers=None, body=None):
    """(status, media type, headers, parsed body)."""
    sent = {"Accept-Language": "en", **(headers or {}), **({"Authorization": f"Bearer {up['player_token']}"} if token else {})}
    request = urllib.request.Request(up["api"].rstrip("/") + path, method=method, headers=sent, data=body)
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers.get_content_type(), answer.headers, json.loads(answer.read())


class Document(unittest.TestCase):
    def test_errors_are_the_engines(self):
        for name in SPEC["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]:
            self.assertIn(name, ERRORS)
        for name, response in SPEC["components"]["responses"].items():
            schema = response["content"]["application/problem+json"]["schema"]
            codes = schema["allOf"][1]["properties"]["code"]["enum"]
            examples = {k: resolve(v)["value"] for k, v in response["content"]["application/problem+json"]["examples"].items()}
            self.assertEqual(sorted(codes), sorted(examples), name)
            for code, example in examples.items():
                status, retry, english, _ = ERRORS[code]
                self.assertEqual((example["status"], example["title"]), (status, english), code)
                self.assertEqual(faults(example, schema), [], code)
                self.assertTrue(response["description"].startswith(f"{status}:"), name)
                self.assertFalse(retry and "Retry-After" not in response["headers"], name)

    def test_every_answer_has_examples_that_fit(self):
        for path, method, operation in operations():
            for status, response in operation["responses"].items():
                for media, content in resolve(response)["content"].items():
                    self.assertTrue(content["examples"], f"{method} {path} {status}")
                    for name, example in content["examples"].items():
                        self.assertEqual(faults(resolve(example)["value"], content["schema"]), [], f"{method} {path} {status} {media} {name}")

    def test_errors_stand_under_their_own_status(self):
        for path, method, operation in operations():
            for status, response in operation["responses"].items():
                response = resolve(response)
                if "application/problem+json" in response["content"]:
                    self.assertTrue(response["description"].startswith(f"{status}:"), f"{method} {path} {status}")

    def test_objects_are_closed(self):
        def walk(node):
            if isinstance(node, dict):
                self.assertNotIn("unevaluatedProperties", node)
                if node.get("type") == "object":
                    self.assertIs(node.get("additionalProperties"), False)
                for child in node.values():
                    walk(child)
            elif isinstance(node, list):
                for child in node:
                    walk(child)
        walk(SPEC["paths"])
        walk(SPEC["components"]["schemas"])

    def test_nothing_lies_unused(self):
        text = (ROOT / "docs/openapi.yaml").read_text(encoding="utf-8")
        for group, members in SPEC["components"].items():
            for name in members if group != "securitySchemes" else ():
                self.assertIn(f"#/components/{group}/{name}'", text)


class Answers:
    """What a server answers is what the contract says; shared by the stand-in and the engine."""

    up = None

    def holds(self, method, pattern, path, **how):
        status, media, headers, body = ask(self.up, method.upper(), path, **how)
        response = SPEC["paths"][pattern][method]["responses"].get(str(status))
        self.assertIsNotNone(response, f"{method} {path}: {status} is not in the contract: {body}")
        content = resolve(response)["content"]
        self.assertIn(media, content, f"{method} {path}")
        self.assertEqual(faults(body, content[media]["schema"]), [], f"{method} {path} {status}")
        if status >= 400:
            self.assertEqual(body["status"], status)
            if ERRORS[body["code"]][1]:
                self.assertRegex(headers["Retry-After"] or "", r"^[1-9][0-9]*$")
        return status, headers, body

    def campaign(self, tail=""):
        return f"/v1/campaigns/{self.up['campaign']}{tail}"

    def test_reads(self):
        for pattern, path, token in (("/v1/campaigns/{campaign}", self.campaign(), False), ("/v1/campaigns/{campaign}/me", self.campaign("/me"), True),
                                     ("/v1/campaigns/{campaign}/wins", self.campaign("/wins?limit=5"), True), ("/v1/wallet", "/v1/wallet", True),
                                     *((path, path, True) for path in WALLET_READS)):
            self.assertEqual(self.holds("get", pattern, path, token=token)[0], 200, path)

    def test_a_draw_and_its_repeat(self):
        key = {"Idempotency-Key": str(uuid.uuid4())}
        first = self.holds("post", "/v1/campaigns/{campaign}/draws", self.campaign("/draws"), headers=key)
        again = self.holds("post", "/v1/campaigns/{campaign}/draws", self.campaign("/draws"), headers=key)
        if first[0] == 201:
            self.assertEqual((again[0], again[2]), (201, first[2]))
            self.assertEqual((first[1]["Idempotency-Replayed"], again[1]["Idempotency-Replayed"]), (None, "true"))

    def test_a_payee_and_what_may_be_withdrawn(self):
        said = json.dumps({"provider": "wechat", "kind": "openid", "id": "o-contract-0001", "name": "王小明"}).encode()
        put = {"headers": {"Content-Type": "application/json"}, "body": said}
        self.assertEqual(self.holds("put", "/v1/wallet/payee", "/v1/wallet/payee", **put)[0], 200)
        ask_ = {"headers": {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())},
                "body": json.dumps({"campaign": self.up["campaign"]}).encode()}
        quote = self.holds("post", "/v1/wallet/withdrawals/quote", "/v1/wallet/withdrawals/quote", **ask_)
        opened = self.holds("post", "/v1/wallet/withdrawals", "/v1/wallet/withdrawals", **ask_)
        self.assertEqual(quote[0] == 200, opened[0] == 201)
        if opened[0] == 201:
            one = self.holds("get", "/v1/wallet/withdrawals/{withdrawal}", f"/v1/wallet/withdrawals/{opened[2]['id']}")
            self.assertEqual((one[0], one[2]["net_fen"]), (200, opened[2]["net_fen"]))
        nowhere = self.holds("get", "/v1/wallet/withdrawals/{withdrawal}", f"/v1/wallet/withdrawals/{uuid.uuid4()}")
        self.assertEqual(nowhere[2]["code"], "withdrawal_not_found")

    def test_refusals(self):
        for method, pattern, path, how, code in (
                ("get", "/v1/campaigns/{campaign}", "/v1/campaigns/there-is-none", {}, "campaign_not_found"),
                ("get", "/v1/wallet", "/v1/wallet", {"token": False}, "token_missing"),
                ("get", "/v1/wallet", "/v1/wallet", {"token": False, "headers": {"Authorization": "Bearer nonsense"}}, "token_invalid"),
                ("post", "/v1/campaigns/{campaign}/draws", self.campaign("/draws"), {}, "idempotency_key_missing"),
                ("post", "/v1/campaigns/{campaign}/draws", self.campaign("/draws"),
                 {"headers": {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}, "body": b'{"draw_no":4000000}'}, "draw_no_mismatch")):
            self.assertEqual(self.holds(method, pattern, path, **how)[2]["code"], code)

    def test_titles_follow_the_reader(self):
        body = self.holds("get", "/v1/wallet", "/v1/wallet", token=False, headers={"Accept-Language": "zh-CN, zh;q=0.9, en;q=0.5"})[2]
        self.assertEqual(body["title"], ERRORS["token_missing"][3])


class StandIn(Answers, unittest.TestCase):
    def setUp(self):
        fake = FakeApi().start()
        self.addCleanup(fake.stop)
        self.up = fake.up("spring")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
