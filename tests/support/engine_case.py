"""Tests that share one running engine: each publishes campaigns of its own."""
import unittest

from engine import Engine


class EngineCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = cls.enterClassContext(Engine())

    def draw_of(self, campaign, user, key=None):
        return self.engine.draw(self.engine.client(), self.engine.token(user), key, campaign)
