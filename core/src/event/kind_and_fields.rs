//! An event whose kind stands in one column and whose fields in another, read where they stand: a replay reads millions,
//! and laying them together as one text before reading takes as long as the reading.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor};
use serde_json::Error;

/// The name of a variant, and its fields as a JSON object.
#[derive(Clone, Copy)]
pub(super) struct KindAndFields<'a> {
    pub(super) kind: &'a str,
    pub(super) fields: &'a str,
}

impl<'de> Deserializer<'de> for KindAndFields<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for KindAndFields<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let kind: StrDeserializer<'de, Error> = self.kind.into_deserializer();
        Ok((seed.deserialize(kind)?, self))
    }
}

impl<'de> VariantAccess<'de> for KindAndFields<'de> {
    type Error = Error;

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        let mut json = serde_json::Deserializer::from_str(self.fields);
        let value = json.deserialize_struct("", names, visitor)?;
        json.end()?;
        Ok(value)
    }

    fn unit_variant(self) -> Result<(), Error> {
        Err(Error::custom("every kind of event has fields"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Err(Error::custom("every kind of event has fields with names"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("every kind of event has fields with names"))
    }
}
