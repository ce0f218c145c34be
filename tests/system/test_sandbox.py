#!/usr/bin/python3
"""The sandbox's own strictness, spoken to without our adapters: what is signed with openssl here, by the providers' words alone."""
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from providers import Sandbox  # noqa: E402

BILLS = "/v3/fund-app/mch-transfer/transfer-bills"


def openssl(*words, data=b""):
    return subprocess.run(["openssl", *words], input=data, stdout=subprocess.PIPE, check=True).stdout


class Outsider(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = cls.enterClassContext(Sandbox())
        with open(cls.sandbox.merchants) as file:
            cls.merchants = {merchant["name"]: merchant for merchant in json.load(file)["merchants"]}
        cls.context = ssl.create_default_context(cafile=cls.key("tls-ca.crt"))

    @classmethod
    def key(cls, name):
        return os.path.join(cls.sandbox.home, "keys", name)

    def sign(self, key, text):
        raw = openssl("dgst", "-sha256", "-sign", self.key(key), data=text.encode())
        return openssl("base64", "-A", data=raw).decode()

    def call(self, method, path, body, headers):
        connection = http.client.HTTPSConnection("127.0.0.1", self.sandbox.port, timeout=10, context=self.context)
        connection.request(method, path, body=body.encode(), headers=headers)
        response = connection.getresponse()
        answer = response.status, response.read(), {name.lower(): value for name, value in response.getheaders()}
        connection.close()
        return answer


class Wechat(Outsider):
    NAME = "wechat-sandbox"

    def serial(self):
        line = openssl("x509", "-in", self.key(self.NAME + ".crt"), "-noout", "-serial").decode()
        return line.strip().split("=")[1]

    def signed(self, method, path, body="", change=None, **headers):
        """change: what is altered after signing."""
        fields = {"mchid": "1900000001", "nonce_str": os.urandom(16).hex(), "timestamp": str(int(time.time())), "serial_no": self.serial()}
        fields.update((change or {}).get("before", {}))
        fields["signature"] = self.sign(self.NAME + ".key", f"{method}\n{path}\n{fields['timestamp']}\n{fields['nonce_str']}\n{body}\n")
        fields.update((change or {}).get("after", {}))
        value = "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in fields.items())
        return self.call(method, path, (change or {}).get("body", body),
                         {"Authorization": value, "User-Agent": "outsider", "Content-Type": "application/json", **headers})

    @staticmethod
    def order(number="OUT1", fen=188, **more):
        order = {"appid": "wx73616e64626f7801", "out_bill_no": number, "transfer_scene_id": "1000", "openid": "oOUTSIDER",
                 "transfer_amount": fen, "transfer_remark": "红包", "transfer_scene_report_infos": [
                     {"info_type": "活动名称", "info_content": "新年"}, {"info_type": "奖励说明", "info_content": "抽奖"}]}
        order.update(more)
        return json.dumps({name: value for name, value in order.items() if value is not None}, ensure_ascii=False)

    def code(self, answer):
        return answer[0], json.loads(answer[1]).get("code")

    def test_a_request_signed_by_the_words_of_the_protocol_is_taken_and_its_answer_verifies(self):
        status, body, headers = self.signed("POST", BILLS, self.order())
        self.assertEqual((status, json.loads(body)["state"]), (200, "WAIT_USER_CONFIRM"))
        signed = headers["wechatpay-timestamp"].encode() + b"\n" + headers["wechatpay-nonce"].encode() + b"\n" + body + b"\n"
        signature = self.key("answer.sig")
        with open(signature, "wb") as file:
            file.write(openssl("base64", "-d", "-A", data=headers["wechatpay-signature"].encode()))
        public = self.key("platform.pub")
        with open(public, "wb") as file:
            file.write(openssl("x509", "-in", self.key("platform-1.crt"), "-pubkey", "-noout"))
        verified = openssl("dgst", "-sha256", "-verify", public, "-signature", signature, data=signed)
        self.assertIn(b"Verified OK", verified)
        query = self.signed("GET", f"{BILLS}/out-bill-no/OUT1")
        self.assertEqual(json.loads(query[1])["transfer_amount"], 188)

    def test_what_is_not_signed_right_is_told_the_length_of_its_message(self):
        body, path = self.order("OUT2"), BILLS
        wrong = [{"body": body.replace("188", "189")}, {"after": {"nonce_str": "other"}}, {"after": {"mchid": "1900000009"}},
                 {"after": {"serial_no": "00"}}, {"after": {"signature": "AAAA"}}, {"after": {"timestamp": str(int(time.time()) - 1)}},
                 {"before": {"timestamp": str(int(time.time()) - 301)}}, {"before": {"timestamp": str(int(time.time()) + 301)}}]
        for change in wrong:
            with self.subTest(change=change):
                answer = self.signed("POST", path, body, change)
                self.assertEqual(self.code(answer), (401, "SIGN_ERROR"))
                self.assertGreater(json.loads(answer[1])["detail"]["sign_information"]["sign_message_length"], len(body))
        self.assertEqual(self.code(self.call("POST", path, body, {"User-Agent": "outsider"})), (401, "SIGN_ERROR"))
        self.assertNotIn("OUT2", [order["order_no"] for order in self.sandbox.admin("GET", "/orders")])

    def test_orders_that_break_a_rule_of_the_product_are_refused(self):
        wrong = {"PARAM_ERROR": [dict(out_bill_no="OUT-3"), dict(out_bill_no="x" * 33), dict(transfer_amount=9), dict(transfer_amount=1.88),
                                 dict(transfer_amount="188"), dict(openid=None), dict(transfer_remark=None), dict(transfer_scene_id="1"),
                                 dict(transfer_scene_report_infos=[]), dict(user_name="AAAA"), dict(transfer_amount=200000),
                                 dict(transfer_scene_report_infos=[{"info_type": "活动名称", "info_content": "a"}] * 2)],
                 "INVALID_REQUEST": [dict(appid="wx0")]}
        for code, changes in wrong.items():
            for change in changes:
                with self.subTest(change=change):
                    order = {"number": "OUT3", **change}
                    self.assertEqual(self.code(self.signed("POST", BILLS, self.order(**order))), (400, code))
        self.assertEqual(self.code(self.signed("GET", f"{BILLS}/out-bill-no/OUT3")), (404, "NOT_FOUND"))

    def test_a_number_means_one_thing_for_ever(self):
        first = self.signed("POST", BILLS, self.order("OUT4"))
        again = self.signed("POST", BILLS, json.dumps(dict(reversed(json.loads(self.order("OUT4")).items()))))
        self.assertEqual(json.loads(first[1]), json.loads(again[1]))  # other bytes, the same meaning
        for change in (dict(fen=189), dict(openid="oOTHER"), dict(transfer_remark="x")):
            self.assertEqual(self.code(self.signed("POST", BILLS, self.order("OUT4", **change))), (400, "INVALID_REQUEST"))

    def test_the_payees_page_taps(self):
        package = json.loads(self.signed("POST", BILLS, self.order("OUT5"))[1])["package_info"]
        self.assertIn("确认收款", self.sandbox.admin("GET", f"/payee?package={package}"))
        self.sandbox.admin("POST", f"/payee?package={package}&answer=confirm")
        states = {order["order_no"]: order["state"] for order in self.sandbox.admin("GET", "/orders")}
        self.assertIn(states["OUT5"], ("TRANSFERING", "SUCCESS"))


class Alipay(Outsider):
    def params(self, content, **more):
        def sn(name):
            text = openssl("x509", "-in", self.key(name), "-noout", "-issuer", "-serial", "-nameopt", "RFC2253").decode().split("\n")
            issuer, serial = text[0].removeprefix("issuer="), int(text[1].removeprefix("serial="), 16)
            return openssl("dgst", "-md5", data=f"{issuer}{serial}".encode()).decode().strip().split(" ")[-1]

        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))
        params = {"app_id": "2021000000000001", "method": "alipay.fund.trans.uni.transfer", "format": "JSON", "charset": "utf-8",
                  "sign_type": "RSA2", "timestamp": now, "version": "1.0", "app_cert_sn": sn("alipay-sandbox.crt"),
                  "alipay_root_cert_sn": sn("root.crt"), "biz_content": content}
        params.update(more)
        return params

    def send(self, params, altered=None):
        text = "&".join(f"{name}={params[name]}" for name in sorted(params) if params[name])
        sent = {**params, "sign": self.sign("alipay-sandbox.key", text), **(altered or {})}
        content = urllib.parse.urlencode({"biz_content": sent.pop("biz_content")})
        status, body, _ = self.call("POST", "/gateway.do?" + urllib.parse.urlencode(sent), content,
                                    {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"})
        self.assertEqual(status, 200)
        return json.loads(body)

    @staticmethod
    def order(number, yuan="1.88", **more):
        return json.dumps({"out_biz_no": number, "trans_amount": yuan, "product_code": "STD_RED_PACKET", "biz_scene": "DIRECT_TRANSFER",
                           "order_title": "红包", "payee_info": {"identity": "2088000000000001", "identity_type": "ALIPAY_USER_ID"}, **more},
                          ensure_ascii=False)

    def test_a_request_signed_by_the_words_of_the_protocol_is_taken(self):
        answer = self.send(self.params(self.order("OUT1")))
        self.assertEqual(answer["alipay_fund_trans_uni_transfer_response"]["status"], "SUCCESS")
        self.assertEqual(self.sandbox.paid()["OUT1"], 188)

    def test_what_is_not_signed_right_is_refused_without_a_signature(self):
        params = self.params(self.order("OUT2"))
        for altered in ({"biz_content": self.order("OUT2", "1.89")}, {"sign": "AAAA"}, {"app_cert_sn": "0" * 32}, {"app_id": "2021"},
                        {"timestamp": "2020-01-01 00:00:00"}, {"sign_type": "RSA"}, {"extra": "1"}):
            with self.subTest(altered=altered):
                answer = self.send(params, altered)
                self.assertEqual(answer["error_response"]["sub_code"], "isv.invalid-signature")
                self.assertNotIn("sign", answer)
        stale = self.params(self.order("OUT2"), timestamp="2020-01-01 00:00:00")
        self.assertIn("error_response", self.send(stale))
        self.assertNotIn("OUT2", self.sandbox.paid())

    def test_a_number_means_one_thing_for_ever(self):
        self.send(self.params(self.order("OUT3")))
        again = self.send(self.params(self.order("OUT3", "1.89")))
        self.assertEqual(again["alipay_fund_trans_uni_transfer_response"]["sub_code"], "PAYMENT_INFO_INCONSISTENCY")

    def test_a_query_with_other_words_than_the_creation_finds_nothing(self):
        self.send(self.params(self.order("OUT4")))
        for product, code in (("STD_RED_PACKET", "10000"), ("TRANS_ACCOUNT_NO_PWD", "40004")):
            content = json.dumps({"product_code": product, "biz_scene": "DIRECT_TRANSFER", "out_biz_no": "OUT4"})
            answer = self.send(self.params(content, method="alipay.fund.trans.common.query"))
            self.assertEqual(answer["alipay_fund_trans_common_query_response"]["code"], code)


class Program(unittest.TestCase):
    def test_a_command_line_that_is_wrong_says_so(self):
        from providers import SANDBOX
        for words in ([], ["--home"], ["--home", "/tmp/x", "--port", "70000"], ["--home", "/tmp/x", "--nonsense", "1"],
                      ["--home", "/tmp/x", "--float-fen", "1.5"]):
            run = subprocess.run([SANDBOX, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(run.returncode, 2, words)
            self.assertIn("hongbao-sandbox:", run.stderr)
    def test_ports_are_not_shared(self):
        from providers import SANDBOX
        with Sandbox() as one, tempfile.TemporaryDirectory() as home:
            for ports in (["--port", str(one.port)], ["--admin-port", str(one.admin_port)]):
                run = subprocess.run([SANDBOX, "--home", home, *ports], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     text=True, timeout=60)
                self.assertEqual((run.returncode, run.stdout), (1, ""))
                self.assertIn("cannot be had", run.stderr)

    def test_help_names_every_option(self):
        from providers import SANDBOX
        self.assertIn("--confirm-after-ms", subprocess.run([SANDBOX, "--help"], stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
