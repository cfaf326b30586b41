//! Weights too small to count, made zero.
//!
//! The text detection model has a quarter of a million weights below the least normal number
//! (2⁻¹²⁶), which is what training leaves of weights that are not needed. They change no result,
//! but processors multiply with such numbers some thirty times slower.

use crate::wire::{Message, Value};

/// `ModelProto.graph`, `GraphProto.initializer`, and three fields of `TensorProto`.
const GRAPH: u64 = 7;
const INITIALIZER: u64 = 5;
const TYPE: u64 = 2;
const RAW: u64 = 9;
const FLOAT: u64 = 1;

/// The same model without subnormal weights; bytes that are no model are given back as they are,
/// to be refused by whoever loads them.
pub(crate) fn without_subnormals(onnx: Vec<u8>) -> Vec<u8> {
    let Some(mut model) = Message::read(&onnx) else { return onnx };
    for (field, value) in &mut model.0 {
        let Value::Bytes(bytes) = value else { continue };
        if *field != GRAPH {
            continue;
        }
        let Some(mut graph) = Message::read(bytes) else { return onnx };
        let initializers = graph.0.iter_mut().filter(|(field, _)| *field == INITIALIZER);
        for (_, value) in initializers {
            if let Value::Bytes(tensor) = value {
                flush(tensor);
            }
        }
        *bytes = graph.write();
    }
    model.write()
}

/// Makes the subnormal numbers of one tensor zero.
fn flush(bytes: &mut Vec<u8>) {
    let Some(mut tensor) = Message::read(bytes) else { return };
    if tensor.numbers(TYPE).as_deref() != Some(&[FLOAT]) {
        return;
    }
    let mut is_changed = false;
    for (field, value) in &mut tensor.0 {
        let Value::Bytes(raw) = value else { continue };
        if *field != RAW {
            continue;
        }
        for four in raw.as_chunks_mut::<4>().0 {
            if f32::from_le_bytes(*four).is_subnormal() {
                *four = [0; 4];
                is_changed = true;
            }
        }
    }
    if is_changed {
        *bytes = tensor.write();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(kind: u64, numbers: &[f32]) -> Vec<u8> {
        let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let tensor = Message::default().with_number(TYPE, kind).with(8, "w").with(RAW, raw);
        let graph = Message::default().with(2, "name").with(INITIALIZER, tensor.write());
        Message::default().with_number(1, 8).with(GRAPH, graph.write()).write()
    }

    #[test]
    fn only_numbers_too_small_to_count_become_zero() {
        let least = f32::MIN_POSITIVE;
        let odd = [1.5, least, least / 2.0, -least / 4.0, 0.0, -0.0, -3.0e-40, f32::MAX];
        let even = [1.5, least, 0.0, 0.0, 0.0, -0.0, 0.0, f32::MAX];
        assert_eq!(without_subnormals(model(FLOAT, &odd)), model(FLOAT, &even));
        assert_eq!(without_subnormals(model(FLOAT, &even)), model(FLOAT, &even));
        let other = model(6, &odd);
        assert_eq!(
            without_subnormals(other.clone()),
            other,
            "these bits are no numbers of that kind"
        );
    }

    #[test]
    fn what_is_no_model_comes_back_as_it_was() {
        for bytes in [vec![], vec![0xff; 20], vec![GRAPH as u8 * 8 + 2, 3, 1, 2, 3]] {
            assert_eq!(without_subnormals(bytes.clone()), bytes);
        }
    }
}
