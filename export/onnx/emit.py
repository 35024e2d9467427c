"""Graph -> ONNX ModelProto, node by node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ..graph import Graph, Node, Tensor

TYPES = {
    "float64": TensorProto.DOUBLE,
    "float32": TensorProto.FLOAT,
    "float16": TensorProto.FLOAT16,
    "int32": TensorProto.INT32,
    "int16": TensorProto.INT16,
    "int8": TensorProto.INT8,
    "bool": TensorProto.BOOL,
}
PLAIN = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "maximum": "Max",
    "minimum": "Min",
    "clip": "Clip",
    "floor": "Floor",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "logistic": "Sigmoid",
    "greater_equal": "GreaterOrEqual",
    "matmul": "MatMul",
}
IR_VERSION = 8


class Emitter:
    """Collects ONNX nodes and initializers of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.own: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, op: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        """Appends one ONNX operator with named inputs and outputs."""
        self.nodes.append(
            helper.make_node(op, inputs, outputs, name=f"{op}_{len(self.nodes)}", **attributes)
        )

    @property
    def used(self) -> set[str]:
        """Names that an operator takes."""
        return {name for node in self.nodes for name in node.input}

    def integers(self, values: object) -> str:
        """An int64 initializer, as shape and axes inputs want it."""
        return self.kept(np.asarray(values, dtype=np.int64))

    def kept(self, array: NDArray[Any]) -> str:
        """An initializer; equal ones are stored once."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.own:
            self.own[key] = self.graph.unique(f"own{len(self.own)}")
            self.initializers[self.own[key]] = numpy_helper.from_array(array, self.own[key])
        return self.own[key]

    def node(self, node: Node) -> None:
        """One node of the graph as one or a few of ONNX."""
        for t in node.inputs:
            if t.data is not None and t.name not in self.initializers:
                self.initializers[t.name] = numpy_helper.from_array(t.data, t.name)
        if node.op in PLAIN:
            self.add(PLAIN[node.op], [t.name for t in node.inputs], [node.outputs[0].name])
        else:
            SPECIAL[node.op](self, node)

    def stack(self, node: Node) -> None:
        """Unsqueeze and Concat; Concat and Reshape along axis 0."""
        axis, out = node.attributes["axis"], node.outputs[0]
        if axis == 0:  # one part after another; a converter confuses dimensions of length 1
            flat = self.graph.unique(f"{out.name}_flat")
            self.add("Concat", [t.name for t in node.inputs], [flat], axis=0)
            self.add(
                "Reshape",
                [flat, self.integers([-1 if n is None else n for n in out.shape])],
                [out.name],
            )
            return
        names = []
        for i, t in enumerate(node.inputs):
            names.append(self.graph.unique(f"{out.name}_{i}"))
            self.add("Unsqueeze", [t.name, self.integers([axis])], [names[-1]])
        self.add("Concat", names, [out.name], axis=axis)

    def unstack(self, node: Node) -> None:
        """A Gather of one index per part."""
        axis = node.attributes["axis"]
        for i, out in enumerate(node.outputs):
            self.add("Gather", [node.inputs[0].name, self.integers(i)], [out.name], axis=axis)

    def concat(self, node: Node) -> None:
        """Concat."""
        self.add(
            "Concat",
            [t.name for t in node.inputs],
            [node.outputs[0].name],
            axis=node.attributes["axis"],
        )

    def gather(self, node: Node) -> None:
        """Gather."""
        self.add(
            "Gather",
            [t.name for t in node.inputs],
            [node.outputs[0].name],
            axis=node.attributes["axis"],
        )

    def cast(self, node: Node) -> None:
        """Cast."""
        self.add(
            "Cast", [node.inputs[0].name], [node.outputs[0].name], to=TYPES[node.outputs[0].dtype]
        )

    def index(self, node: Node) -> None:
        """x as an int32 index in 0 .. last; NaN becomes one of them."""
        # The upper limit as a float: converters take two limits of integers, the upper one 6, for
        # an activation they do not have. NaN passes it; x86 casts that to the least integer, ARM to
        # 0.
        source, last = node.inputs
        assert last.data is not None
        out = node.outputs[0].name
        limited, whole = self.graph.unique(f"{out}_limited"), self.graph.unique(f"{out}_any")
        self.add("Min", [source.name, self.kept(last.data.astype(np.float32))], [limited])
        self.add("Cast", [limited], [whole], to=TYPES["int32"])
        self.add("Max", [whole, self.kept(np.zeros((), np.int32))], [out])

    def linear(self, node: Node) -> None:
        """x @ W' (+ b): MatMul and Add."""
        weights = node.inputs[1]
        assert weights.data is not None
        name = self.kept(np.ascontiguousarray(weights.data.T))
        product = (
            node.outputs[0].name
            if len(node.inputs) == 2
            else self.graph.unique(f"{node.outputs[0].name}_product")
        )
        self.add("MatMul", [node.inputs[0].name, name], [product])
        if len(node.inputs) == 3:
            self.add("Add", [product, node.inputs[2].name], [node.outputs[0].name])

    def reshape(self, node: Node) -> None:
        """Reshape."""
        shape = [-1 if n is None else n for n in node.outputs[0].shape]
        self.add("Reshape", [node.inputs[0].name, self.integers(shape)], [node.outputs[0].name])

    def sum(self, node: Node) -> None:
        """ReduceSum over one axis."""
        axes = self.integers([node.attributes["axis"]])
        self.add(
            "ReduceSum",
            [node.inputs[0].name, axes],
            [node.outputs[0].name],
            keepdims=int(node.attributes["keep"]),
        )

    def transpose(self, node: Node) -> None:
        """Transpose."""
        self.add(
            "Transpose",
            [node.inputs[0].name],
            [node.outputs[0].name],
            perm=list(node.attributes["order"]),
        )

    def slice(self, node: Node) -> None:
        """Slice along one axis."""
        ends = [self.integers([node.attributes[key]]) for key in ("start", "stop", "axis")]
        self.add("Slice", [node.inputs[0].name, *ends], [node.outputs[0].name])


SPECIAL: Mapping[str, Callable[[Emitter, Node], None]] = {
    name: getattr(Emitter, name)
    for name in (
        "stack",
        "unstack",
        "concat",
        "gather",
        "cast",
        "index",
        "linear",
        "reshape",
        "sum",
        "transpose",
        "slice",
    )
}


def emit(
    graph: Graph, opset: int, producer: str, metadata: Mapping[str, str], notes: Mapping[str, str]
) -> onnx.ModelProto:
    """The ModelProto of a graph. `metadata`: text properties of the file; `notes`: doc text of
    inputs and outputs by name."""
    emitter = Emitter(graph)
    for node in graph.nodes:
        emitter.node(node)
    used = emitter.used
    proto = helper.make_graph(
        emitter.nodes,
        graph.name,
        [_value(t, graph.batch, notes) for t in graph.inputs],
        [_value(t, graph.batch, notes) for t in graph.outputs],
        [t for name, t in emitter.initializers.items() if name in used],
    )
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", opset)], producer_name="sna-edge"
    )
    model.producer_version = producer
    model.ir_version = IR_VERSION
    helper.set_model_props(model, dict(metadata))
    return model


def _value(tensor: Tensor, batch: int | None, notes: Mapping[str, str]) -> onnx.ValueInfoProto:
    dimensions = [(batch or "N") if n is None else n for n in tensor.shape]
    return helper.make_tensor_value_info(
        tensor.name, TYPES[tensor.dtype], dimensions, notes.get(tensor.name, "")
    )
