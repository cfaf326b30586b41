//! Weights of eight bits made numbers again.
//!
//! The face models come with weights quantised in blocks (`DequantizeLinear` of opset 21 with
//! `block_size`), in a form that only one runtime reads: the results are also declared as inputs,
//! and single values carry a block size that does not fit them. Here each such node, with the
//! `Reshape` behind it, is computed once and becomes a constant; `Dropout`, which does nothing when
//! a model is used, goes; what is left is an ordinary model of opset 13.

use crate::wire::{Message, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What the file claims to hold at most, in numbers: nobody is asked for more memory than this.
const VALUES_MAX: usize = 64_000_000;
/// The operators that are left exist in this version.
const OPSET: u64 = 13;

/// Fields of `ModelProto`.
mod model {
    pub(super) const GRAPH: u64 = 7;
    pub(super) const OPSET: u64 = 8;
}

/// Fields of `GraphProto`.
mod graph {
    pub(super) const NODE: u64 = 1;
    pub(super) const INITIALIZER: u64 = 5;
    pub(super) const INPUT: u64 = 11;
    pub(super) const VALUE_INFO: u64 = 13;
}

/// Fields of `NodeProto` and `AttributeProto`.
mod node {
    pub(super) const INPUT: u64 = 1;
    pub(super) const OUTPUT: u64 = 2;
    pub(super) const KIND: u64 = 4;
    pub(super) const ATTRIBUTE: u64 = 5;
    pub(super) const ATTRIBUTE_NAME: u64 = 1;
    pub(super) const ATTRIBUTE_NUMBER: u64 = 3;
}

/// Fields of `TensorProto`, and two of its types.
mod tensor {
    pub(super) const DIMS: u64 = 1;
    pub(super) const TYPE: u64 = 2;
    pub(super) const FLOATS: u64 = 4;
    pub(super) const INTS: u64 = 5;
    pub(super) const LONGS: u64 = 7;
    pub(super) const NAME: u64 = 8;
    pub(super) const RAW: u64 = 9;
    pub(super) const FLOAT: u64 = 1;
    pub(super) const INT8: u64 = 3;
    pub(super) const INT64: u64 = 7;
}

/// A constant: shape and values.
#[derive(Clone, Debug, PartialEq)]
struct Constant {
    dims: Vec<usize>,
    values: Vec<f32>,
}

/// The same model without quantised weights; `None` if it is not one that is understood.
pub(crate) fn fold(onnx: &[u8]) -> Option<Vec<u8>> {
    let model = Message::read(onnx)?;
    let graph = fold_graph(&Message::read(model.all(model::GRAPH).next()?)?)?;
    let mut out = Message::default();
    for (field, value) in model.0 {
        match field {
            model::GRAPH | model::OPSET => {}
            _ => out.0.push((field, value)),
        }
    }
    let opset = Message::default().with(1, "").with_number(2, OPSET);
    Some(out.with(model::OPSET, opset.write()).with(model::GRAPH, graph.write()).write())
}

fn fold_graph(graph: &Message) -> Option<Message> {
    let initializers = graph.all(graph::INITIALIZER).map(Message::read);
    let initializers: Vec<Message> = initializers.collect::<Option<_>>()?;
    let known: BTreeMap<&str, &Message> =
        initializers.iter().filter_map(|one| Some((one.text(tensor::NAME)?, one))).collect();
    let nodes: Vec<Message> = graph.all(graph::NODE).map(Message::read).collect::<Option<_>>()?;
    let mut folded: BTreeMap<String, Constant> = BTreeMap::new();
    let mut renamed: BTreeMap<String, String> = BTreeMap::new();
    let mut left = Vec::new();
    for node in nodes {
        let inputs: Vec<&str> = texts(&node, node::INPUT)?;
        let output = node.text(node::OUTPUT)?.to_owned();
        match node.text(node::KIND)? {
            "DequantizeLinear" => {
                let [quantised, scale, zero] = inputs.as_slice() else { return None };
                let parts = (*known.get(quantised)?, *known.get(scale)?, *known.get(zero)?);
                folded.insert(output, dequantised(&node, parts)?);
            }
            "Reshape" if inputs.first().is_some_and(|name| folded.contains_key(*name)) => {
                let [name, shape] = inputs.as_slice() else { return None };
                let constant = folded.get(*name)?.clone();
                folded.insert(output, reshaped(constant, known.get(shape)?)?);
            }
            "Dropout" => {
                renamed.insert(output, (*inputs.first()?).to_owned());
            }
            _ => left.push(node),
        }
    }
    // Nodes stand in the order in which they run, so a name is renamed before it is used.
    let left: Vec<Message> = left.into_iter().map(|node| rename(node, &renamed)).collect();
    Some(assemble(graph, &left, &initializers, &folded))
}

fn rename(mut node: Message, renamed: &BTreeMap<String, String>) -> Message {
    for (field, value) in &mut node.0 {
        if *field == node::INPUT
            && let Value::Bytes(bytes) = value
            && let Some(new) = std::str::from_utf8(bytes).ok().and_then(|old| renamed.get(old))
        {
            *bytes = new.clone().into_bytes();
        }
    }
    node
}

/// The nodes that are left, with the constants and inputs that they use and nothing else.
fn assemble(
    graph: &Message,
    left: &[Message],
    initializers: &[Message],
    folded: &BTreeMap<String, Constant>,
) -> Message {
    let used: BTreeSet<String> = left
        .iter()
        .filter_map(|node| texts(node, node::INPUT))
        .flatten()
        .map(str::to_owned)
        .collect();
    let is_used = |name: Option<&str>| name.is_some_and(|name| used.contains(name));
    let mut out = Message::default();
    for node in left {
        out = out.with(graph::NODE, node.write());
    }
    for (field, value) in &graph.0 {
        if !matches!(*field, graph::NODE | graph::INITIALIZER | graph::INPUT | graph::VALUE_INFO) {
            out.0.push((*field, value.clone()));
        }
    }
    let mut constants: BTreeSet<&str> = BTreeSet::new();
    for one in initializers.iter().filter(|one| is_used(one.text(tensor::NAME))) {
        constants.extend(one.text(tensor::NAME));
        out = out.with(graph::INITIALIZER, one.write());
    }
    for (name, constant) in folded.iter().filter(|(name, _)| used.contains(*name)) {
        constants.insert(name);
        out = out.with(graph::INITIALIZER, constant.tensor(name).write());
    }
    for input in graph.all(graph::INPUT) {
        let name = Message::read(input).and_then(|input| input.text(1).map(str::to_owned));
        let is_given = name.as_deref().is_some_and(|name| constants.contains(name));
        if is_used(name.as_deref()) && !is_given {
            out = out.with(graph::INPUT, input);
        }
    }
    out
}

fn texts(message: &Message, field: u64) -> Option<Vec<&str>> {
    message.all(field).map(|bytes| std::str::from_utf8(bytes).ok()).collect()
}

/// `(x − zero) · scale`, where scale and zero belong to blocks along one axis.
fn dequantised(node: &Message, parts: (&Message, &Message, &Message)) -> Option<Constant> {
    let attribute = |name: &str, usual: u64| {
        let all = node.all(node::ATTRIBUTE).filter_map(Message::read);
        let mut found = all.filter(|one| one.text(node::ATTRIBUTE_NAME) == Some(name));
        match found.next() {
            Some(one) => one.numbers(node::ATTRIBUTE_NUMBER)?.first().copied(),
            None => Some(usual),
        }
    };
    let axis = usize::try_from(attribute("axis", 1)?).ok()?;
    let block = usize::try_from(attribute("block_size", 0)?).ok()?;
    let (quantised, scale, zero) = (bytes(parts.0)?, floats(parts.1)?, bytes(parts.2)?);
    let dims = &quantised.dims;
    if scale.dims != zero.dims || scale.values.len() != zero.values.len() {
        return None;
    }
    let value = |x: f32, at: usize| Some((x - zero.values.get(at)?) * scale.values.get(at)?);
    let mut values = Vec::with_capacity(quantised.values.len());
    if scale.values.len() == 1 {
        for x in &quantised.values {
            values.push(value(*x, 0)?);
        }
        return Some(Constant { dims: dims.clone(), values });
    }
    // Along the axis a block shares one scale; along the others every place has its own.
    let length = *dims.get(axis)?;
    let blocks = *scale.dims.get(axis)?;
    if block == 0 || length.div_ceil(block) != blocks || scale.dims.len() != dims.len() {
        return None;
    }
    let inner: usize = dims.get(axis + 1..)?.iter().product();
    for (index, x) in quantised.values.iter().enumerate() {
        let (outer, along, within) =
            (index / (length * inner), index / inner % length, index % inner);
        values.push(value(*x, (outer * blocks + along / block) * inner + within)?);
    }
    Some(Constant { dims: dims.clone(), values })
}

fn reshaped(constant: Constant, shape: &Message) -> Option<Constant> {
    if shape.numbers(tensor::TYPE)?.as_slice() != [tensor::INT64] {
        return None;
    }
    let raw: Vec<u64> = match shape.all(tensor::RAW).next() {
        Some(raw) => raw
            .chunks_exact(8)
            .map(|eight| Some(u64::from_le_bytes(eight.try_into().ok()?)))
            .collect::<Option<_>>()?,
        None => shape.numbers(tensor::LONGS)?,
    };
    let dims: Vec<usize> = raw.into_iter().map(usize::try_from).collect::<Result<_, _>>().ok()?;
    (count(&dims)? == constant.values.len()).then_some(Constant { dims, ..constant })
}

fn dims(tensor: &Message) -> Option<Vec<usize>> {
    tensor.numbers(tensor::DIMS)?.into_iter().map(|one| usize::try_from(one).ok()).collect()
}

fn count(dims: &[usize]) -> Option<usize> {
    let count = dims.iter().try_fold(1_usize, |product, one| product.checked_mul(*one))?;
    (count <= VALUES_MAX).then_some(count)
}

/// A tensor of signed bytes.
fn bytes(tensor: &Message) -> Option<Constant> {
    let dims = dims(tensor)?;
    if tensor.numbers(tensor::TYPE)?.as_slice() != [tensor::INT8] {
        return None;
    }
    let values: Vec<f32> = match tensor.all(tensor::RAW).next() {
        Some(raw) => raw.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        None => {
            let small = |number: u64| i8::try_from(number.cast_signed()).ok().map(f32::from);
            tensor.numbers(tensor::INTS)?.into_iter().map(small).collect::<Option<_>>()?
        }
    };
    (count(&dims)? == values.len()).then_some(Constant { dims, values })
}

/// A tensor of numbers.
fn floats(tensor: &Message) -> Option<Constant> {
    let dims = dims(tensor)?;
    if tensor.numbers(tensor::TYPE)?.as_slice() != [tensor::FLOAT] {
        return None;
    }
    let raw = tensor.all(tensor::RAW).chain(tensor.all(tensor::FLOATS)).next()?;
    let four = |four: &[u8]| Some(f32::from_le_bytes(four.try_into().ok()?));
    let values: Vec<f32> = raw.chunks_exact(4).map(four).collect::<Option<_>>()?;
    (count(&dims)? == values.len()).then_some(Constant { dims, values })
}

impl Constant {
    /// As the file holds it; each length is a field of its own, which every reader takes.
    fn tensor(&self, name: &str) -> Message {
        let mut out = Message::default();
        for length in &self.dims {
            out = out.with_number(tensor::DIMS, *length as u64);
        }
        let raw: Vec<u8> = self.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        out.with_number(tensor::TYPE, tensor::FLOAT).with(tensor::NAME, name).with(tensor::RAW, raw)
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
