use super::*;
use crate::session::{Runtime, Tensor};

fn text(field: u64, text: &str) -> Message {
    Message::default().with(field, text)
}

fn tensor_of(name: &str, dims: &[u64], kind: u64, raw: Vec<u8>) -> Message {
    let dims = dims.iter().fold(Message::default(), |m, d| m.with_number(tensor::DIMS, *d));
    dims.with_number(tensor::TYPE, kind).with(tensor::NAME, name).with(tensor::RAW, raw)
}

fn floats_of(name: &str, dims: &[u64], values: &[f32]) -> Message {
    tensor_of(name, dims, tensor::FLOAT, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn node_of(kind: &str, inputs: &[&str], output: &str) -> Message {
    let inputs = inputs.iter().fold(Message::default(), |m, name| m.with(node::INPUT, *name));
    inputs.with(node::OUTPUT, output).with(node::KIND, kind)
}

fn attribute(name: &str, number: u64) -> Message {
    text(node::ATTRIBUTE_NAME, name).with_number(node::ATTRIBUTE_NUMBER, number).with_number(20, 2)
}

fn value_of(name: &str, dims: &[u64]) -> Message {
    let dim = |length: &u64| Message::default().with_number(1, *length).write();
    let shape = dims.iter().map(dim).fold(Message::default(), |m, dim| m.with(1, dim));
    let tensor = Message::default().with_number(1, tensor::FLOAT).with(2, shape.write());
    text(1, name).with(2, Message::default().with(1, tensor.write()).write())
}

/// A convolution of one pixel with two times four weights in blocks of two, a dropout, and a ReLU,
/// as the quantiser writes it: the weights are declared as an input, too.
fn tiny() -> Message {
    let weights: Vec<u8> = [1, -2, 3, 4, 5, 6, -7, 8].map(|w: i8| w.cast_unsigned()).to_vec();
    let shape: Vec<u8> = [2_u64, 4, 1, 1].iter().flat_map(|d| d.to_le_bytes()).collect();
    let unfold = node_of("DequantizeLinear", &["w_q", "w_s", "w_z"], "w_d")
        .with(node::ATTRIBUTE, attribute("axis", 1).write())
        .with(node::ATTRIBUTE, attribute("block_size", 2).write());
    let longs = |name: &str, values: &[u64]| {
        let values = values.iter().fold(Message::default(), |m, v| m.with_number(8, *v));
        let mut all = text(node::ATTRIBUTE_NAME, name).with_number(20, 7);
        all.0.extend(values.0);
        all
    };
    let conv = node_of("Conv", &["x", "w"], "c")
        .with(node::ATTRIBUTE, longs("strides", &[1, 1]).write())
        .with(node::ATTRIBUTE, longs("dilations", &[1, 1]).write())
        .with(node::ATTRIBUTE, longs("pads", &[0, 0, 0, 0]).write());
    Message::default()
        .with(graph::NODE, unfold.write())
        .with(graph::NODE, node_of("Reshape", &["w_d", "shape"], "w").write())
        .with(graph::NODE, conv.write())
        .with(graph::NODE, node_of("Dropout", &["c", "ratio"], "d").write())
        .with(graph::NODE, node_of("Relu", &["d"], "y").write())
        .with(2, "tiny")
        .with(graph::INITIALIZER, tensor_of("w_q", &[2, 4], tensor::INT8, weights).write())
        .with(graph::INITIALIZER, floats_of("w_s", &[2, 2], &[0.5, 2.0, 1.0, 0.25]).write())
        .with(graph::INITIALIZER, tensor_of("w_z", &[2, 2], tensor::INT8, vec![0, 1, 0, 0]).write())
        .with(graph::INITIALIZER, tensor_of("shape", &[4], tensor::INT64, shape).write())
        .with(graph::INITIALIZER, floats_of("ratio", &[1], &[0.4]).write())
        .with(graph::INPUT, value_of("x", &[1, 4, 1, 1]).write())
        .with(graph::INPUT, value_of("w_d", &[2, 4]).write())
        .with(12, value_of("y", &[1, 2, 1, 1]).write())
}

fn model_of(graph: &Message) -> Vec<u8> {
    let opset = text(1, "").with_number(2, 21);
    Message::default()
        .with_number(1, 6)
        .with(model::GRAPH, graph.write())
        .with(model::OPSET, opset.write())
        .write()
}

#[test]
fn a_folded_model_runs_and_gives_what_the_weights_say() {
    let folded = fold(&model_of(&tiny())).expect("understood");
    let session = Runtime::default().load(folded).expect("a model");
    let input = Tensor { shape: vec![1, 4, 1, 1], values: vec![1.0, 10.0, 100.0, 1000.0] };
    let output = session.run(input).expect("it runs").remove(0);
    assert_eq!(output.shape, [1, 2, 1, 1]);
    // Row 1: (1, −2) · 0.5, (3 − 1, 4 − 1) · 2; row 2: (5, 6) · 1, (−7, 8) · 0.25.
    let first = 0.5 - 10.0 + 400.0 + 6000.0;
    let second = 5.0 + 60.0 - 175.0 + 2000.0;
    assert_eq!(output.values, [first, second]);
}

#[test]
fn nothing_is_left_that_another_runtime_would_stumble_over() {
    let folded = Message::read(&fold(&model_of(&tiny())).expect("understood")).expect("a message");
    let graph = Message::read(folded.all(model::GRAPH).next().expect("a graph")).expect("whole");
    let names = |field: u64, name: u64| -> Vec<String> {
        let all = graph.all(field).filter_map(Message::read);
        all.filter_map(|one| one.text(name).map(str::to_owned)).collect()
    };
    assert_eq!(names(graph::NODE, node::KIND), ["Conv", "Relu"]);
    assert_eq!(names(graph::INPUT, 1), ["x"]);
    assert_eq!(names(graph::INITIALIZER, tensor::NAME), ["w"]);
    let opset = Message::read(folded.all(model::OPSET).next().expect("one")).expect("whole");
    assert_eq!(opset.numbers(2), Some(vec![OPSET]));
}

#[test]
fn what_does_not_fit_is_not_understood() {
    let change = |from: &Message, name: &str, new: Message| {
        let mut graph = from.clone();
        for (field, value) in &mut graph.0 {
            if *field == graph::INITIALIZER
                && let Value::Bytes(bytes) = value
                && Message::read(bytes).and_then(|t| t.text(tensor::NAME).map(str::to_owned))
                    == Some(name.to_owned())
            {
                *bytes = new.write();
            }
        }
        fold(&model_of(&graph))
    };
    let tiny = tiny();
    let huge = [1 << 40, 1 << 40];
    assert!(change(&tiny, "w_q", tensor_of("w_q", &huge, tensor::INT8, vec![1])).is_none());
    assert!(change(&tiny, "w_q", tensor_of("w_q", &[2, 4], tensor::INT8, vec![1; 7])).is_none());
    assert!(change(&tiny, "w_s", floats_of("w_s", &[2, 3], &[1.0; 6])).is_none());
    assert!(change(&tiny, "w_z", floats_of("w_z", &[2, 2], &[1.0; 4])).is_none(), "wrong type");
    let shape: Vec<u8> = [3_u64, 4].iter().flat_map(|d| d.to_le_bytes()).collect();
    assert!(change(&tiny, "shape", tensor_of("shape", &[2], tensor::INT64, shape)).is_none());
    assert!(fold(b"no model").is_none());
    let whole = model_of(&tiny);
    for end in (0..whole.len()).step_by(7) {
        // A cut file is refused or, where whole fields are left, is another model; never a panic.
        drop(fold(whole.get(..end).expect("shorter")));
    }
}
