//! Writes the fields and messages of protobuf, by hand: a metric has few fields, and a generated encoder would need a
//! second copy of every series.

/// The wire type of a number of variable length.
const VARINT: u8 = 0;

/// The wire type of eight bytes.
const FIXED: u8 = 1;

/// The wire type of a text or a message.
const LENGTH: u8 = 2;

/// The tag of a field with a number of variable length. Field numbers up to 15 make a tag of one byte.
pub(super) const fn varint_tag(field: u8) -> u8 {
    tag(field, VARINT)
}

/// The tag of a field with a float.
pub(super) const fn float_tag(field: u8) -> u8 {
    tag(field, FIXED)
}

/// The tag of a field with a text or a message.
pub(super) const fn length_tag(field: u8) -> u8 {
    tag(field, LENGTH)
}

const fn tag(field: u8, wire_type: u8) -> u8 {
    assert!(field > 0 && field < 16, "a tag of one byte has a field number from 1 to 15");
    field << 3 | wire_type
}

/// Writes a number in groups of seven bits, the lowest first.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        // The lowest seven bits, and a mark that more follow.
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Returns how many bytes [`varint`] writes.
#[inline]
pub(super) fn varint_len(value: u64) -> usize {
    // Zero takes one byte too.
    let bits = u64::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// Writes a field with a number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, tag: u8, value: u64) {
    out.push(tag);
    varint(out, value);
}

/// Writes a field with a float.
#[inline]
pub(super) fn float(out: &mut Vec<u8>, tag: u8, value: f64) {
    out.extend_from_slice(&float_field(tag, value));
}

/// Returns the nine bytes of a field with a float.
#[inline]
pub(super) fn float_field(tag: u8, value: f64) -> [u8; 9] {
    let mut field = [tag; 9];
    field[1..].copy_from_slice(&value.to_le_bytes());
    field
}

/// Writes a field with a text.
pub(super) fn text(out: &mut Vec<u8>, tag: u8, text: &[u8]) {
    number(out, tag, text.len() as u64);
    out.extend_from_slice(text);
}

/// A message that is being written. Its length comes before its fields, and is known when it ends.
#[derive(Clone, Copy)]
#[must_use = "a message without its length cannot be read"]
pub(super) struct Message {
    /// The position of the length.
    at: usize,
    /// How many bytes are kept free for it.
    room: usize,
}

impl Message {
    /// Begins a message whose length probably takes `room` bytes.
    #[inline]
    pub(super) fn begin(out: &mut Vec<u8>, room: usize) -> Self {
        let at = out.len();
        out.resize(at + room, 0);
        Self { at, room }
    }

    /// Begins a message that is a field of another one.
    #[inline]
    pub(super) fn field(out: &mut Vec<u8>, tag: u8, room: usize) -> Self {
        out.push(tag);
        Self::begin(out, room)
    }

    /// Returns how many bytes the fields take so far.
    pub(super) fn len(self, out: &[u8]) -> usize {
        out.len() - self.at - self.room
    }

    /// Takes back the message and its fields. It is not a field of another message.
    pub(super) fn discard(self, out: &mut Vec<u8>) {
        out.truncate(self.at);
    }

    /// Ends the message: writes its length, and moves its fields if the length needs more or fewer bytes.
    #[inline]
    pub(super) fn end(self, out: &mut Vec<u8>) {
        let (length, from) = (self.len(out), self.at + self.room);
        let needed = varint_len(length as u64);
        let to = self.at + needed;
        if to > from {
            let end = out.len();
            out.resize(end + (to - from), 0);
            out.copy_within(from..end, to);
        } else if to < from {
            out.copy_within(from.., to);
            out.truncate(to + length);
        }
        let mut rest = length;
        for byte in &mut out[self.at..to - 1] {
            *byte = rest.to_le_bytes()[0] | 0x80;
            rest >>= 7;
        }
        out[to - 1] = rest.to_le_bytes()[0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_one_byte_for_each_seven_bits() {
        for (value, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut out = Vec::new();
            varint(&mut out, value);
            assert_eq!((&*out, varint_len(value)), (bytes, bytes.len()), "{value}");
        }
    }

    #[test]
    fn a_message_has_the_shortest_length_whatever_room_was_kept() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 40_000] {
            let fields: Vec<u8> = (0..length).map(|at: usize| at.to_le_bytes()[0]).collect();
            let mut expected = vec![7];
            varint(&mut expected, length as u64);
            expected.extend_from_slice(&fields);
            for room in 1..5 {
                let mut out = vec![7];
                let message = Message::begin(&mut out, room);
                out.extend_from_slice(&fields);
                assert_eq!(message.len(&out), length);
                message.end(&mut out);
                assert_eq!(out, expected, "{length} bytes with room for {room}");
            }
        }
    }
}
