"""Which variables a template does more with than print them.

A template that only prints a value, or asks whether it is empty, looks the same for everybody but for
the value itself: it can be filled in once, with a hole where the value stands.
"""

from collections.abc import Collection

from jinja2 import Environment, nodes

_BARE = Environment(autoescape=False)  # noqa: S701 - it only parses


def used_otherwise(source: str, *, values: Collection[str], lists: Collection[str] = ()) -> frozenset[str]:
    """Those of `values` and `lists` that are filtered, compared, set, counted or otherwise computed with.

    A value may be printed and tested for being empty, a list may be tested and looped over. What is not
    known to be harmless counts as use.
    """
    return frozenset(_Reading(set(values), frozenset(lists)).of(_BARE.parse(source)))


class _Reading:
    def __init__(self, values: set[str], lists: frozenset[str]) -> None:
        self._values, self._lists = values, lists

    def of(self, node: nodes.Node) -> set[str]:
        """What a statement or a template computes with."""
        match node:
            case nodes.Template():
                return self._all(node.body)
            case nodes.Output():
                return {name for shown in node.nodes for name in self._printed(shown)}
            case nodes.If():
                return self._tested(node.test) | self._all([*node.body, *node.elif_, *node.else_])
            case nodes.For(iter=nodes.Name(name=name), target=nodes.Name(name=each), test=None, recursive=False) if (
                name in self._lists
            ):
                self._values.add(each)
                return self._all([*node.body, *node.else_])
            case nodes.With():
                computed = {name for value in node.values for name in self._computed(value)}
                return computed | self._all(node.body)
            case _:
                return self._computed(node)

    def _all(self, statements: Collection[nodes.Node]) -> set[str]:
        return {name for statement in statements for name in self.of(statement)}

    def _printed(self, node: nodes.Node) -> set[str]:
        match node:
            case nodes.Name(name=name) if name not in self._lists:
                return set()
            case nodes.CondExpr():
                shown = [part for part in (node.expr1, node.expr2) if part is not None]
                return self._tested(node.test) | {name for part in shown for name in self._printed(part)}
            case nodes.And() | nodes.Or():
                return self._printed(node.left) | self._printed(node.right)
            case nodes.Not():
                return self._tested(node.node)
            case _:
                return self._computed(node)

    def _tested(self, node: nodes.Node) -> set[str]:
        match node:
            case nodes.Name():
                return set()
            case nodes.And() | nodes.Or():
                return self._tested(node.left) | self._tested(node.right)
            case nodes.Not():
                return self._tested(node.node)
            case _:
                return self._computed(node)

    def _computed(self, node: nodes.Node) -> set[str]:
        names = {found.name for found in node.find_all(nodes.Name)}
        if isinstance(node, nodes.Name):
            names.add(node.name)
        return names & (self._values | self._lists)
