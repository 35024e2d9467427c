"""Graphs -> one TFLite flatbuffer: a subgraph and a signature each, constants shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from ..graph import Graph, Node, Tensor
from .blocks import in_blocks

OPERATOR, OPTIONS = schema.BuiltinOperator, schema.BuiltinOptions
TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int32": schema.TensorType.INT32,
    "int16": schema.TensorType.INT16,
    "int8": schema.TensorType.INT8,
    "bool": schema.TensorType.BOOL,
}
ELEMENTWISE = {
    "add": ("ADD", "AddOptions"),
    "sub": ("SUB", "SubOptions"),
    "mul": ("MUL", "MulOptions"),
    "maximum": ("MAXIMUM", ""),
    "minimum": ("MINIMUM", ""),
    "sqrt": ("SQRT", ""),
    "exp": ("EXP", ""),
    "log": ("LOG", ""),
    "logistic": ("LOGISTIC", ""),
    "greater_equal": ("GREATER_EQUAL", ""),
}
SCHEMA_VERSION = 3
ALIGNMENT = 16  # bytes: kernels read constants in place


class Emitter:
    """Collects buffers and operator codes of the file, and tensors and operators of the subgraph at
    hand."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = SCHEMA_VERSION
        self.model.operatorCodes, self.model.subgraphs, self.model.signatureDefs = [], [], []
        self.model.buffers = [schema.BufferT()]
        self._codes: dict[tuple[int, int], int] = {}
        self._buffers: dict[bytes, int] = {}

    def subgraph(self, graph: Graph) -> None:
        """Append a graph."""
        self.batch = graph.batch
        self.part = schema.SubGraphT()
        self.part.name, self.part.tensors, self.part.operators = graph.name, [], []
        self.known: dict[str, int] = {}
        self.inputs, self.sliced = (
            graph.inputs,
            {t for n in graph.nodes if n.op == "slice" for t in n.outputs},
        )
        self.named = {t.name for t in (*graph.inputs, *graph.outputs)}
        self.part.inputs = [self.tensor(t) for t in graph.inputs]
        for node in graph.nodes:
            if node.op in ELEMENTWISE:
                operator, options = ELEMENTWISE[node.op]
                self.operator(
                    operator, options, [self.tensor(t) for t in node.inputs], node.outputs
                )
            else:
                SPECIAL[node.op](self, node)
        self.part.outputs = [self.tensor(t) for t in graph.outputs]
        self.model.subgraphs.append(self.part)

    def signature(self, graph: Graph) -> None:
        """Name the subgraph appended last."""
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = graph.name, len(self.model.subgraphs) - 1
        signature.inputs = [self._map(t) for t in graph.inputs]
        signature.outputs = [self._map(t) for t in graph.outputs]
        self.model.signatureDefs.append(signature)

    def _map(self, tensor: Tensor) -> Any:
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = tensor.name, self.known[tensor.name]
        return entry

    def buffer(self, data: bytes) -> int:
        """Index of a buffer; equal ones are stored once."""
        if data not in self._buffers:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data, np.uint8)
            self._buffers[data] = len(self.model.buffers)
            self.model.buffers.append(buffer)
        return self._buffers[data]

    def tensor(self, tensor: Tensor) -> int:
        """Index of a tensor of the subgraph, made at its first use."""
        if tensor.name not in self.known:
            made = schema.TensorT()
            made.type = TYPES[tensor.dtype]
            made.shape = _vector([(self.batch or 1) if n is None else n for n in tensor.shape])
            # sizes of tensors follow from the inputs' at run time, but a slice insists on the one
            # in the file
            if (
                self.batch is None
                and (tensor in self.inputs or tensor in self.sliced)
                and None in tensor.shape
            ):
                made.shapeSignature = _vector([-1 if n is None else n for n in tensor.shape])
            if (
                tensor.name in self.named
            ):  # the names of the others would weigh more than a small model
                made.name = tensor.name
            made.buffer = 0 if tensor.data is None else self.buffer(tensor.data.tobytes())
            self.known[tensor.name] = len(self.part.tensors)
            self.part.tensors.append(made)
        return self.known[tensor.name]

    def constant(self, values: object) -> int:
        """An int32 constant that only TFLite needs: shapes, axes, permutations. No name of the
        graph begins with \\0."""
        data = np.atleast_1d(np.asarray(values, dtype=np.int32))
        return self.tensor(Tensor("\0" + "_".join(map(str, data)), "int32", data.shape, data))

    def operator(
        self,
        name: str,
        options: str,
        inputs: Sequence[int],
        outputs: Sequence[Tensor],
        version: int = 1,
        **fields: object,
    ) -> None:
        """Appends one TFLite operator; `fields`: of its options."""
        made = schema.OperatorT()
        made.opcodeIndex = self._code(getattr(OPERATOR, name), version)
        made.inputs, made.outputs = _vector(inputs), _vector([self.tensor(t) for t in outputs])
        if options:
            made.builtinOptionsType = getattr(OPTIONS, options)
            made.builtinOptions = _Options(options, fields)
        self.part.operators.append(made)

    def _code(self, builtin: int, version: int) -> int:
        if (builtin, version) not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode, code.version = (
                builtin,
                min(builtin, 127),
                version,
            )
            self._codes[builtin, version] = len(self.model.operatorCodes)
            self.model.operatorCodes.append(code)
        return self._codes[builtin, version]

    # Operators that need more than a name

    def stack(self, node: Node) -> None:
        """PACK."""
        inputs = [self.tensor(t) for t in node.inputs]
        self.operator(
            "PACK",
            "PackOptions",
            inputs,
            node.outputs,
            valuesCount=len(inputs),
            axis=node.attributes["axis"],
        )

    def unstack(self, node: Node) -> None:
        """UNPACK."""
        inputs = [self.tensor(node.inputs[0])]
        self.operator(
            "UNPACK",
            "UnpackOptions",
            inputs,
            node.outputs,
            num=len(node.outputs),
            axis=node.attributes["axis"],
        )

    def concat(self, node: Node) -> None:
        """CONCATENATION."""
        inputs = [self.tensor(t) for t in node.inputs]
        self.operator(
            "CONCATENATION",
            "ConcatenationOptions",
            inputs,
            node.outputs,
            axis=node.attributes["axis"],
        )

    def gather(self, node: Node) -> None:
        """GATHER."""
        inputs = [self.tensor(t) for t in node.inputs]
        version = {"int8": 2, "int16": 4}.get(node.inputs[0].dtype, 1)
        self.operator(
            "GATHER", "GatherOptions", inputs, node.outputs, version, axis=node.attributes["axis"]
        )

    def cast(self, node: Node) -> None:
        """CAST."""
        source, out = node.inputs[0], node.outputs[0]
        if source.dtype == "float16":
            self.operator("DEQUANTIZE", "DequantizeOptions", [self.tensor(source)], [out], 3)
            return
        types = {"inDataType": TYPES[source.dtype], "outDataType": TYPES[out.dtype]}
        self.operator("CAST", "CastOptions", [self.tensor(source)], [out], **types)

    def clip(self, node: Node) -> None:
        """min(max(x, -limit), limit)."""
        source, low, high = (self.tensor(t) for t in node.inputs)
        below = Tensor(f"\0{node.outputs[0].name}", "float32", node.outputs[0].shape)
        self.operator("MINIMUM", "", [source, high], [below])
        self.operator("MAXIMUM", "", [self.tensor(below), low], node.outputs)

    def index(self, node: Node) -> None:
        """x as an int32 index in 0 .. last; NaN becomes one of them."""
        source, last = node.inputs
        any_, below = (
            Tensor(f"\0{node.outputs[0].name}_{i}", "int32", source.shape) for i in range(2)
        )
        types = {"inDataType": TYPES["float32"], "outDataType": TYPES["int32"]}
        self.operator("CAST", "CastOptions", [self.tensor(source)], [any_], **types)
        self.operator("MINIMUM", "", [self.tensor(any_), self.tensor(last)], [below])
        self.operator("MAXIMUM", "", [self.tensor(below), self.constant(0)], node.outputs)

    def matmul(self, node: Node) -> None:
        """BATCH_MATMUL."""
        self.operator(
            "BATCH_MATMUL",
            "BatchMatMulOptions",
            [self.tensor(t) for t in node.inputs],
            node.outputs,
        )

    def linear(self, node: Node) -> None:
        """x @ W' (+ b): FULLY_CONNECTED."""
        inputs = [self.tensor(t) for t in node.inputs] + [-1] * (3 - len(node.inputs))
        wide = len(node.outputs[0].shape) > 2
        version = 6 if len(node.inputs) == 2 else 5 if wide else 1
        self.operator(
            "FULLY_CONNECTED",
            "FullyConnectedOptions",
            inputs,
            node.outputs,
            version,
            keepNumDims=wide,
        )

    def reshape(self, node: Node) -> None:
        """RESHAPE."""
        shape = [(self.batch or -1) if n is None else n for n in node.outputs[0].shape]
        self.operator(
            "RESHAPE",
            "ReshapeOptions",
            [self.tensor(node.inputs[0]), self.constant(shape)],
            node.outputs,
            newShape=tuple(shape),
        )

    def sum(self, node: Node) -> None:
        """SUM over one axis."""
        inputs = [self.tensor(node.inputs[0]), self.constant(node.attributes["axis"])]
        self.operator(
            "SUM", "ReducerOptions", inputs, node.outputs, keepDims=node.attributes["keep"]
        )

    def transpose(self, node: Node) -> None:
        """TRANSPOSE."""
        inputs = [self.tensor(node.inputs[0]), self.constant(node.attributes["order"])]
        self.operator("TRANSPOSE", "TransposeOptions", inputs, node.outputs)

    def slice(self, node: Node) -> None:
        """SLICE along one axis."""
        rank, axis = len(node.inputs[0].shape), node.attributes["axis"]
        begin, size = [0] * rank, [-1] * rank
        begin[axis], size[axis] = (
            node.attributes["start"],
            node.attributes["stop"] - node.attributes["start"],
        )
        inputs = [self.tensor(node.inputs[0]), self.constant(begin), self.constant(size)]
        self.operator("SLICE", "SliceOptions", inputs, node.outputs)

    def call(self, node: Node) -> None:
        """Another subgraph: TFLite calls one by asking, both answers being the same."""
        inputs, index = [self.tensor(t) for t in node.inputs], node.attributes["graph"]
        self.operator(
            "IF",
            "IfOptions",
            inputs,
            node.outputs,
            thenSubgraphIndex=index,
            elseSubgraphIndex=index,
        )


MORE = (
    "stack",
    "unstack",
    "concat",
    "gather",
    "cast",
    "clip",
    "index",
    "matmul",
    "linear",
    "reshape",
    "sum",
    "transpose",
    "slice",
    "call",
)
SPECIAL: Mapping[str, Callable[[Emitter, Node], None]] = {
    name: getattr(Emitter, name) for name in MORE
}


def emit(graphs: Sequence[Graph], description: str, metadata: Mapping[str, bytes]) -> bytes:
    """The TFLite file of several graphs; `metadata` blobs can be read back by name."""
    emitter = Emitter()
    bodies: list[Graph] = []
    for graph in graphs:
        whole, body = in_blocks(graph, len(graphs) + len(bodies))
        bodies += [body] if body else []
        emitter.subgraph(whole)
        emitter.signature(whole)
    for body in bodies:
        emitter.subgraph(body)
    emitter.model.description = description
    return _packed(_with(emitter.model, metadata))


def labelled(blob: bytes, metadata: Mapping[str, bytes]) -> bytes:
    """A TFLite file made elsewhere with metadata added."""
    return _packed(_with(schema.ModelT.InitFromPackedBuf(bytearray(blob), 0), metadata))


def _with(model: Any, metadata: Mapping[str, bytes]) -> Any:
    model.metadata = list(model.metadata or [])
    for name, blob in metadata.items():
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = np.frombuffer(blob, np.uint8)
        entry.name, entry.buffer = name, len(model.buffers)
        model.buffers.append(buffer)
        model.metadata.append(entry)
    return model


def _packed(model: Any) -> bytes:
    builder = _Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _vector(values: Sequence[int]) -> NDArray[np.int32]:
    return np.array(values, dtype=np.int32)


@dataclass(frozen=True)
class _Options:
    """Options of an operator; equal ones are written once."""

    name: str
    fields: Mapping[str, object]

    def Pack(self, builder: _Builder) -> int:
        """Offset of the options in the file."""
        key = (self.name, *sorted(self.fields.items()))
        if key not in builder.shared:
            made = getattr(schema, f"{self.name}T")()
            for field, value in self.fields.items():
                setattr(made, field, value)
            builder.shared[key] = made.Pack(builder)
        return builder.shared[key]


class _Builder(flatbuffers.Builder):
    """Writes equal int32 vectors once, and constants on multiples of 16 bytes, as the schema asks
    and its code forgets."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.shared: dict[object, int] = {}

    def CreateNumpyVector(self, x: NDArray[Any]) -> int:
        """Offset of the vector in the file."""
        if x.dtype != np.uint8:
            key = (x.dtype.str, x.tobytes())
            if key not in self.shared:
                self.shared[key] = int(super().CreateNumpyVector(x))
            return self.shared[key]
        self.StartVector(1, len(x), ALIGNMENT)
        self.head = self.Head() - len(x)
        self.Bytes[self.Head() : self.Head() + len(x)] = x.tobytes()
        self.vectorNumElems = len(x)
        return int(self.EndVector())
