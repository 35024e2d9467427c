"""Empty calls of other runtimes: a graph of one ReLU on seven numbers, set, run and read from
Python. What no model in them can beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

INPUTS = 7
Calls = dict[str, Callable[[], Any]]


def empty_calls() -> Calls:
    """Name -> call, of every runtime that is installed here."""
    calls: Calls = {}
    for make in (_litert, _onnxruntime):
        try:
            calls |= make()
        except ModuleNotFoundError:
            continue
    return calls


def _litert() -> Calls:
    """ai-edge-litert: set, invoke, get; and the bare invoke."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_content=_relu_tflite(), num_threads=1)
    runner.allocate_tensors()
    x = np.full((1, INPUTS), 0.37, np.float32)
    place, result = runner.get_input_details()[0]["index"], runner.get_output_details()[0]["index"]

    def call() -> Any:
        runner.set_tensor(place, x)
        runner.invoke()
        return runner.get_tensor(result)

    assert np.array_equal(call(), x)
    return {
        "ai-edge-litert, an empty graph: set, invoke, get": call,
        "ai-edge-litert, an empty graph: invoke alone": runner.invoke,
    }


def _relu_tflite() -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model, part, operator, code = (
        schema.ModelT(),
        schema.SubGraphT(),
        schema.OperatorT(),
        schema.OperatorCodeT(),
    )
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RELU
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    part.tensors, part.operators, part.inputs, part.outputs = [], [operator], [0], [1]
    for name in ("x", "y"):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = (
            name,
            [1, INPUTS],
            schema.TensorType.FLOAT32,
            0,
        )
        part.tensors.append(tensor)
    model.version, model.operatorCodes, model.subgraphs, model.buffers = (
        3,
        [code],
        [part],
        [schema.BufferT()],
    )
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _onnxruntime() -> Calls:
    """onnxruntime: one call of `run`."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper

    places = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, INPUTS]) for n in ("x", "y")]
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])], "empty", places[:1], places[1:]
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = np.full((1, INPUTS), 0.37, np.float32)
    assert np.array_equal(session.run(None, {"x": x})[0], x)
    return {"onnxruntime, an empty graph: run": lambda: session.run(None, {"x": x})}
